//! What people and machines send that is not right: a clear problem each, all
//! faults at once, never a 500, nothing stored.

use serde_json::{Value, json};

use crate::support::{Installation, PASSWORD, Server, parts};

const JSON: &str = "application/json";

async fn send(
    server: &Server,
    content_type: Option<&str>,
    body: impl Into<Vec<u8>>,
) -> (u16, Value) {
    let mut request = server.client().post(server.url("/api/auth/register")).body(body.into());
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    parts(response).await
}

fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let mut pointers: Vec<_> =
        errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    pointers
}

/// What a registration may hold, with one field replaced.
fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut body = json!({
        "email": "ada@acme.com",
        "password": PASSWORD,
        "name": "Ada",
        "organization": "Acme",
    });
    body[field] = value.into();
    body
}

#[tokio::test]
async fn a_body_that_is_no_json_object() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let nested = "[".repeat(100_000);
        let over = format!("{{\"name\":\"{}\"}}", "a".repeat(1_100_000));
        let cases: Vec<(Option<&str>, Vec<u8>, u16)> = vec![
            (Some(JSON), b"".to_vec(), 400),
            (Some(JSON), b"not json".to_vec(), 400),
            (Some(JSON), b"{\"email\":".to_vec(), 400),
            (Some(JSON), b"{\"email\":\"\xff\xfe\"}".to_vec(), 400),
            (Some(JSON), nested.into_bytes(), 400),
            (Some(JSON), b"{} {}".to_vec(), 400),
            (Some(JSON), over.into_bytes(), 413),
            (Some(JSON), b"[]".to_vec(), 422),
            (Some(JSON), b"null".to_vec(), 422),
            (Some(JSON), b"\"ada\"".to_vec(), 422),
            (None, b"{}".to_vec(), 415),
            (Some("text/plain"), b"{}".to_vec(), 415),
            (Some("application/x-www-form-urlencoded"), b"email=a".to_vec(), 415),
            (Some("nonsense"), b"{}".to_vec(), 415),
        ];
        for (content_type, body, expected) in cases {
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            let (status, problem) = send(&server, content_type, body).await;
            assert_eq!(status, expected, "{shown}: {problem}");
            for member in ["type", "title", "detail", "request_id"] {
                assert!(problem[member].is_string(), "{member} of {problem}");
            }
        }
        assert_eq!(installation.database.number("select count(*) from users"), 0);
    }
}

#[tokio::test]
async fn every_fault_of_a_body_is_told_at_once() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let long = "a".repeat(10_000);
        for (body, expected) in [
            (json!({}), vec!["/email", "/name", "/password"]),
            (
                json!({ "email": 1, "password": [], "name": {}, "organization": true, "role": "admin" }),
                vec!["/email", "/name", "/organization", "/password", "/role"],
            ),
            (
                json!({ "email": "ada", "password": "short", "name": "a\u{0}b", "organization": "\u{202E}" }),
                vec!["/email", "/name", "/organization", "/password"],
            ),
            (with("password", "password"), vec!["/password"]),
            (with("password", "ada@acme.com"), vec!["/password"]),
            (with("password", "x".repeat(257)), vec!["/password"]),
            (with("email", "\"ada\"@acme.com"), vec!["/email"]),
            (with("email", "ada@localhost"), vec!["/email"]),
            (with("email", "ada@acme.com\u{0}"), vec!["/email"]),
            (with("email", long.clone()), vec!["/email"]),
            (with("email", Value::Null), vec!["/email"]),
            (with("name", ""), vec!["/name"]),
            (with("name", "   "), vec!["/name"]),
            (with("name", "a\u{7}b"), vec!["/name"]),
            (with("name", "Ada\u{2067}"), vec!["/name"]),
            (with("name", long.clone()), vec!["/name"]),
            (with("organization", long.clone()), vec!["/organization"]),
            (with("organization", "a\nb"), vec!["/organization"]),
            (with("a/b~c", 1), vec!["/a~1b~0c"]),
        ] {
            let (status, problem) = send(&server, Some(JSON), body.to_string()).await;
            assert_eq!(status, 422, "{body}");
            assert_eq!(pointers(&problem), expected, "{problem}");
            assert!(!problem.to_string().contains(PASSWORD), "no echo of a secret");
        }
        for table in ["users", "organizations", "memberships", "sessions", "audit_events"] {
            let count = installation.database.number(&format!("select count(*) from {table}"));
            assert_eq!(count, 0, "{table}");
        }
    }
}

#[tokio::test]
async fn every_script_is_welcome_and_kept_in_one_form() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        for (n, (name, kept)) in [
            ("x", "x"),
            ("Ada ", "Ada"),
            ("שרה לוי", "שרה לוי"),
            ("محمد العربي", "محمد العربي"),
            ("山田 太郎", "山田 太郎"),
            ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
            ("Ame\u{301}lie", "Am\u{e9}lie"),
            ("Z\u{327}\u{308}", "Z\u{327}\u{308}"),
            ("O'Brien \"<script>\" \\ & Co", "O'Brien \"<script>\" \\ & Co"),
        ]
        .into_iter()
        .enumerate()
        {
            let body = json!({
                "email": format!("user{n}@acme{n}.com"),
                "password": PASSWORD,
                "name": name,
                "organization": format!("{n} {name}"),
            });
            let (status, answer) = parts(server.post("/api/auth/register", &body).await).await;
            assert_eq!(status, 201, "{name}: {answer}");
            assert_eq!(answer["user"]["name"], kept);
            assert_eq!(answer["user"]["organization"], format!("{n} {kept}"));
        }
        let long = "é".repeat(200);
        let mut body = with("organization", long.clone());
        body["name"] = long.clone().into();
        let (status, answer) = parts(server.post("/api/auth/register", &body).await).await;
        assert_eq!((status, &answer["user"]["name"]), (201, &long.into()));
    }
}

#[tokio::test]
async fn bad_queries_and_paths() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let token = server.registered("ada@acme.com", None).await;
        for query in [
            "limit=0",
            "limit=-1",
            "limit=101",
            "limit=99999999999999999999",
            "limit=ten",
            "limit=",
            "cursor=nonsense",
            "cursor=",
            "cursor=AAAA",
            "cursor=_____________________w",
            "limit=1&cursor=%00",
            "limit=%ff",
        ] {
            let response = server.get(&format!("/api/organizations?{query}"), &token).await;
            assert_eq!(response.headers()["content-type"], "application/problem+json", "{query}");
            let (status, problem) = parts(response).await;
            assert_eq!(status, 400, "{query}: {problem}");
            assert!(problem["detail"].is_string());
        }
        for (method, path, expected) in [
            ("PUT", "/api/organizations", 405),
            ("DELETE", "/api/stats", 405),
            ("GET", "/api/auth/login", 405),
            ("GET", "/api/nowhere", 404),
            ("GET", "/nowhere", 404),
            ("DELETE", "/api/auth/sessions/nonsense", 404),
        ] {
            let method = method.parse().unwrap();
            let request = server.client().request(method, server.url(path)).bearer_auth(&token);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), expected, "{path}");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            if expected == 405 {
                assert!(response.headers().contains_key("allow"), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn pages_follow_their_links() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        for n in 0..7 {
            server.registered(&format!("user{n}@acme{n}.com"), Some(&format!("Acme {n}"))).await;
        }
        let token = server.logged_in("root@guildhall.example").await;
        let whole = server.json("/api/organizations", &token).await;
        let mut collected = Vec::new();
        let mut next = Some("/api/organizations?limit=3".to_owned());
        while let Some(path) = next {
            let response = server.get(&path, &token).await;
            next = response.headers().get("link").map(|link| {
                let link = link.to_str().unwrap();
                let (target, relation) = link.split_once('>').unwrap();
                assert_eq!(relation, "; rel=\"next\"");
                target.trim_start_matches('<').trim_start_matches(&server.base).to_owned()
            });
            let page: Value = response.json().await.unwrap();
            collected.extend(page.as_array().unwrap().clone());
        }
        assert_eq!(Value::Array(collected), whole);
    }
}
