//! What the dev server takes on its command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Parser;
use shared::settings::BaseUrl;

/// The whole API on this machine, on an embedded DynamoDB. Ctrl-C stops it; the next run finds its data again.
#[derive(Clone, Debug, Parser)]
#[command(name = "dev-server", version)]
pub struct Options {
    /// The API's port; 0 takes a free one
    #[arg(long, default_value_t = 3000)]
    pub port: u16,

    /// The port of the one AWS endpoint, DynamoDB and Secrets Manager; 0 takes a free one
    #[arg(long, default_value_t = 4566)]
    pub aws_port: u16,

    /// The port of the stand-ins for Kernel, the operator's identity platform, and for Direct Line; 0 takes a free one
    #[arg(long, default_value_t = 3001)]
    pub upstream_port: u16,

    /// Where the real Kernel is [default: the stand-in]
    #[arg(long, value_name = "URL", value_parser = address)]
    pub kernel_url: Option<String>,

    /// Where the real Direct Line is [default: the stand-in]
    #[arg(long, value_name = "URL", value_parser = address)]
    pub direct_line_url: Option<String>,

    /// Where the data and the credentials stay
    #[arg(long, default_value = ".local", value_name = "DIR")]
    pub data_dir: PathBuf,

    /// Keep the data in memory and make fresh credentials
    #[arg(long)]
    pub ephemeral: bool,

    /// The address to listen on. Another than this machine's own lets the containers of `sam local` reach the AWS endpoint,
    /// and everybody else who reaches that address: it asks for no credentials
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub listen: IpAddr,
}

/// An address to append paths to, as the functions take it.
fn address(text: &str) -> Result<String, String> {
    match BaseUrl::parse(text) {
        Some(base) => Ok(base.url),
        None => Err(format!("must be {}", BaseUrl::RULE)),
    }
}
