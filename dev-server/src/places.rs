//! Where the parts of one dev server are, for this machine and for the containers of `sam local`.

use std::net::SocketAddr;

use crate::options::Options;

/// Where `samconfig.toml` lets `sam local start-api` listen: the second base that the API has on a desk.
pub const SAM_LOCAL: &str = "http://127.0.0.1:3030";

/// An address, as this machine and as containers reach it.
#[derive(Clone, Debug)]
pub struct Place {
    /// For this machine.
    pub url: String,
    /// For the containers of `sam local`.
    pub in_containers: String,
}

/// The addresses that are told to functions and clients.
#[derive(Clone, Debug)]
pub struct Places {
    /// Where the API is.
    pub base_url: String,
    /// DynamoDB and Secrets Manager.
    pub aws: Place,
    /// Kernel: the stand-in, or the one that was given.
    pub kernel: Place,
    /// Whether Kernel is the stand-in.
    pub kernel_stands_in: bool,
    /// Direct Line: the stand-in, or the one that was given.
    pub direct_line: Place,
    /// Whether Direct Line is the stand-in.
    pub direct_line_stands_in: bool,
    /// Where the stand-ins listen.
    pub upstream_url: String,
}

impl Places {
    /// The addresses of servers that listen here.
    #[must_use]
    pub fn new(options: &Options, api: SocketAddr, aws: SocketAddr, upstream: SocketAddr) -> Self {
        let real = |given: &Option<String>| {
            let url = given.clone()?;
            let in_containers = url.clone();
            Some(Place { url, in_containers })
        };
        let (kernel, direct_line) = (real(&options.kernel_url), real(&options.direct_line_url));
        Self {
            base_url: format!("http://{api}"),
            aws: ours(options, aws),
            kernel_stands_in: kernel.is_none(),
            kernel: kernel.unwrap_or_else(|| ours(options, upstream)),
            direct_line_stands_in: direct_line.is_none(),
            direct_line: direct_line.unwrap_or_else(|| ours(options, upstream)),
            upstream_url: format!("http://{upstream}"),
        }
    }

    /// What Kernel is, in words.
    #[must_use]
    pub fn kernel_word(&self) -> &'static str {
        if self.kernel_stands_in {
            "Kernel's stand-in"
        } else {
            "Kernel"
        }
    }

    /// Where a login begins.
    #[must_use]
    pub fn authorize_url(&self) -> String {
        format!("{}/authorize", self.kernel.url)
    }
}

/// Docker Desktop gives this machine that name in containers; elsewhere `--listen` takes the address of Docker's bridge.
fn ours(options: &Options, address: SocketAddr) -> Place {
    let url = format!("http://{address}");
    let in_containers = if options.listen.is_loopback() || options.listen.is_unspecified() {
        format!("http://host.docker.internal:{}", address.port())
    } else {
        url.clone()
    };
    Place { url, in_containers }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn places(arguments: &[&str], ip: &str) -> Places {
        let options = Options::parse_from([&["dev-server"], arguments].concat());
        let at = |port| SocketAddr::new(ip.parse().unwrap(), port);
        Places::new(&options, at(1), at(2), at(3))
    }

    #[test]
    fn kernel_is_the_stand_in_unless_another_is_given() {
        let ours = places(&[], "127.0.0.1");
        assert!(ours.kernel_stands_in);
        assert_eq!(ours.authorize_url(), "http://127.0.0.1:3/authorize");
        let given = ["--kernel-url", "https://kernel.example/oauth"];
        let real = places(&given, "127.0.0.1");
        assert!(!real.kernel_stands_in);
        assert_eq!(
            real.authorize_url(),
            "https://kernel.example/oauth/authorize"
        );
        assert_eq!(real.kernel.in_containers, "https://kernel.example/oauth");
    }

    #[test]
    fn containers_reach_this_machine_by_dockers_name_or_by_the_address_that_it_listens_on() {
        for (listen, ip, host) in [
            ("127.0.0.1", "127.0.0.1", "host.docker.internal"),
            ("0.0.0.0", "127.0.0.1", "host.docker.internal"),
            ("172.17.0.1", "172.17.0.1", "172.17.0.1"),
        ] {
            let places = places(&["--listen", listen], ip);
            assert_eq!(places.aws.in_containers, format!("http://{host}:2"));
            assert_eq!(places.kernel.in_containers, format!("http://{host}:3"));
            assert_eq!(places.aws.url, format!("http://{ip}:2"));
        }
    }
}
