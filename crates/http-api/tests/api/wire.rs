//! What only a real connection shows.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};

use actix_web::{HttpServer, dev::ServerHandle, rt, web};
use guildhall_application::testing::TestPorts;
use guildhall_http_api::{Api, HttpSettings, app};

use crate::{
    organizations::with_organizations,
    support::{TOKEN, api, signed_in},
};

fn serve(api: Api) -> (SocketAddr, ServerHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = HttpServer::new(move || app(&api))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)
        .unwrap()
        .run();
    let handle = server.handle();
    rt::spawn(server);
    (address, handle)
}

/// Sends bytes and reads until the server closes the connection.
async fn exchange(api: Api, request: Vec<u8>) -> String {
    let (address, handle) = serve(api);
    let answer = web::block(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // The server may answer and stop reading before all is written.
        let _ = stream.write_all(&request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    })
    .await
    .unwrap();
    handle.stop(false).await;
    answer
}

fn list(method: &str) -> Vec<u8> {
    format!(
        "{method} /api/organizations HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {TOKEN}\r\n\
         Connection: close\r\n\r\n"
    )
    .into_bytes()
}

#[actix_web::test]
async fn a_short_list_has_a_length_and_a_long_one_is_chunked() {
    let short = exchange(api(with_organizations(500, None)), list("GET")).await;
    assert!(short.contains("\r\ncontent-length: "), "{short}");
    assert!(short.ends_with("}]"), "{short}");

    let long = exchange(api(with_organizations(501, None)), list("GET")).await;
    assert!(long.contains("\r\ntransfer-encoding: chunked\r\n"), "{long}");
    assert!(long.ends_with("}]\r\n0\r\n\r\n"), "{long}");
}

#[actix_web::test]
async fn a_list_that_breaks_off_does_not_look_whole() {
    let broken = exchange(api(with_organizations(1500, Some(1001))), list("GET")).await;
    assert!(broken.starts_with("HTTP/1.1 200 OK\r\n"), "{broken}");
    assert!(broken.contains("\"Organization 1001\""));
    assert!(!broken.contains(']'), "{broken}");
    assert!(!broken.contains("\r\n0\r\n"), "{broken}");
}

#[actix_web::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let settings =
        HttpSettings { body_timeout: Duration::from_millis(50), ..HttpSettings::default() };
    let api = Api { settings: Arc::new(settings), ..api(TestPorts::default()) };
    let request = "POST /api/auth/login HTTP/1.1\r\nHost: test\r\n\
                   Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"email\"";
    let answer = exchange(api, request.as_bytes().to_vec()).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("/problems/request-timeout"), "{answer}");
}

#[actix_web::test]
async fn head_answers_like_get_without_a_body() {
    for total in [500, 501] {
        let answer = exchange(api(with_organizations(total, None)), list("HEAD")).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n") && !answer.contains('['), "{answer}");
    }
}

#[actix_web::test]
async fn a_draining_node_closes_connections() {
    let api = api(TestPorts::default());
    api.draining.begin();
    // Without `Connection: close`: it is the server that ends this.
    let answer = exchange(api, b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n".to_vec()).await;
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

#[actix_web::test]
async fn a_body_that_is_too_large_gets_its_answer() {
    let head = "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
                Connection: close\r\n";
    let announced = format!("{head}Content-Length: 2000000\r\n\r\n").into_bytes();
    let answer = exchange(api(signed_in()), announced).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");

    let mut chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for _ in 0..40 {
        chunked.extend_from_slice(b"8000\r\n");
        chunked.resize(chunked.len() + 0x8000, b' ');
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let answer = exchange(api(signed_in()), chunked).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[actix_web::test]
async fn a_body_that_breaks_off_is_a_problem() {
    let request = b"POST /api/auth/login HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
        Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    let answer = exchange(api(signed_in()), request.to_vec()).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}
