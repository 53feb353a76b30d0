//! It stops when told, soon and cleanly, whoever is still connected.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::server::{Server, answered};

fn address(server: &Server, url: &str) -> String {
    let url = server.credentials.pointer(url).and_then(|url| url.as_str());
    let url = url.unwrap_or_default();
    url.trim_start_matches("http://").to_owned()
}

#[tokio::test]
async fn both_signals_end_it_with_0() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start(folder.path()).await;
        server.signal(signal);
        let status = server.ended().await;
        assert_eq!(status.code(), Some(0), "{signal}: {status}");
    }
}

#[tokio::test]
async fn connections_that_are_open_do_not_keep_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    // One that is kept alive, one that never says anything, one that never finishes what it says.
    assert_eq!(answered(server.register("user-1")).await.0, 200);
    let silent = TcpStream::connect(address(&server, "/baseUrl")).await;
    let unfinished = TcpStream::connect(address(&server, "/aws/endpointUrl")).await;
    let mut unfinished = unfinished.unwrap();
    unfinished.write_all(b"POST / HTTP/1.1\r\n").await.unwrap();
    server.stop().await;
    drop((silent, unfinished));
}
