//! Input that is not what it should be: one clear problem, all faults at once.

use guildhall_application::testing::TestPorts;

use crate::support::{Answer, post, request, send, signed, signed_in};

const PATH: &str = "/api/auth/register";

async fn register(body: impl Into<actix_web::web::Bytes>) -> Answer {
    send(TestPorts::default(), post(PATH, body)).await
}

#[actix_web::test]
async fn all_faults_are_named_at_once() {
    let body = r#"{"email":"nobody","password":"short","organization":7,"role":"admin","a/b":1}"#;
    let answer = register(body).await;
    answer.assert_problem(422, "invalid-request");
    let known = "is not a known field; these are: email, password, name, organization, invitation";
    let expected = [
        ("/a~1b", known),
        ("/email", "must be an e-mail address such as ada@acme.com"),
        ("/name", "is required"),
        ("/organization", "must be a string, not a whole number"),
        ("/password", "must be 8 to 256 characters long"),
        ("/role", known),
    ];
    let mut faults = answer.faults();
    faults.sort();
    let faults: Vec<_> = faults.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(faults, expected);
}

#[actix_web::test]
async fn the_members_of_a_problem_stand_in_their_order() {
    let answer = register("[]").await;
    let positions = ["type", "title", "status", "detail", "errors", "request_id"]
        .map(|member| answer.body.find(&format!("\"{member}\":")).unwrap());
    assert!(positions.is_sorted(), "{}", answer.body);
}

#[actix_web::test]
async fn values_that_break_rules_are_faults() {
    let with = |field: &str, value: &str| {
        let mut body = serde_json::json!({
            "email": "john@acme.com",
            "password": "correct horse battery staple",
            "name": "John Doe",
            "organization": "Acme Corporation",
        });
        body[field] = value.into();
        body.to_string()
    };
    for (field, value) in [
        ("email", "\"john doe\"@acme.com"),
        ("email", "john@acme"),
        ("email", ""),
        ("password", "password"),
        ("password", &"x".repeat(257)),
        ("name", ""),
        ("name", "John\0Doe"),
        ("name", "John\u{202E}Doe"),
        ("name", "\u{200B}"),
        ("organization", &"x".repeat(10_000)),
        ("organization", "Acme\u{7}"),
        ("organization", "Acme\u{2066}"),
    ] {
        let answer = register(with(field, value)).await;
        answer.assert_problem(422, "invalid-request");
        assert_eq!(answer.fault_places(), [format!("/{field}")], "{value:?}");
    }
    // Registration itself finds this one, when nothing else is wrong.
    let answer = register(with("password", "john@acme.com")).await;
    answer.assert_problem(422, "invalid-request");
}

#[actix_web::test]
async fn a_body_that_is_no_object_is_a_fault_of_the_whole() {
    for body in ["null", "[]", "7", "-7", "7.5", "\"text\"", "true"] {
        let answer = register(body).await;
        answer.assert_problem(422, "invalid-request");
        assert_eq!(answer.fault_places(), [""], "{body}");
    }
}

#[actix_web::test]
async fn what_is_no_json_is_a_400_that_echoes_nothing() {
    let deep = format!("{}{}", r#"{"a":"#.repeat(100_000), "secret");
    for body in [
        &b""[..],
        b"secret",
        b"{\"email\": secret}",
        b"{\"email\": \"secret",
        b"{\"email\": \"\xff\xfesecret\"}",
        b"{} secret",
        b"{'secret': 1}",
        b"{\"secret\":1,\"secret\":2}",
        deep.as_bytes(),
    ] {
        let answer = register(body.to_vec()).await;
        answer.assert_problem(400, "malformed-json");
        assert!(!answer.body.contains("secret"), "{answer:?}");
        assert!(body.is_empty() || answer.body.contains("line 1, column "), "{answer:?}");
    }
}

#[actix_web::test]
async fn a_body_over_one_mebibyte_is_refused() {
    let padded = |length: usize| format!("[]{}", " ".repeat(length - 2));
    register(padded(1024 * 1024)).await.assert_problem(422, "invalid-request");
    register(padded(1024 * 1024 + 1)).await.assert_problem(413, "payload-too-large");
    let announced = post(PATH, "{}").insert_header(("Content-Length", "1048577"));
    send(TestPorts::default(), announced).await.assert_problem(413, "payload-too-large");
}

#[actix_web::test]
async fn a_body_must_be_labelled_as_json() {
    for (media_type, is_json) in [
        (None, false),
        (Some(""), false),
        (Some("nonsense"), false),
        (Some("text/plain"), false),
        (Some("application/x-www-form-urlencoded"), false),
        (Some("application/problem+json"), false),
        (Some("application/json; charset=latin1"), false),
        (Some("application/json"), true),
        (Some("Application/JSON"), true),
        (Some("application/json; charset=UTF-8"), true),
        (Some("application/json;charset=\"utf-8\"; profile=x"), true),
    ] {
        let mut request = request("POST", PATH).set_payload("[]");
        if let Some(media_type) = media_type {
            request = request.insert_header(("Content-Type", media_type));
        }
        let (status, slug) =
            if is_json { (422, "invalid-request") } else { (415, "unsupported-media-type") };
        send(TestPorts::default(), request).await.assert_problem(status, slug);
    }
    let compressed = post(PATH, "[]").insert_header(("Content-Encoding", "gzip"));
    send(TestPorts::default(), compressed).await.assert_problem(415, "unsupported-media-type");
}

#[actix_web::test]
async fn signing_in_checks_the_address_and_the_types() {
    for (body, places) in [
        (r#"{"email":"nobody","password":"x"}"#, &["/email"][..]),
        (r#"{"email":"john@acme.com","password":null}"#, &["/password"]),
        (r#"{"email":"john@acme.com","password":12345678}"#, &["/password"]),
        (r#"{"email":["john@acme.com"],"password":{}}"#, &["/email", "/password"]),
        ("{}", &["/email", "/password"]),
    ] {
        let answer = send(TestPorts::default(), post("/api/auth/login", body)).await;
        answer.assert_problem(422, "invalid-request");
        assert_eq!(answer.fault_places(), places);
    }
}

#[actix_web::test]
async fn changing_a_password_checks_both() {
    let body = r#"{"current_password":"x","new_password":"password"}"#;
    let answer = send(signed_in(), signed(post("/api/auth/password", body))).await;
    answer.assert_problem(422, "invalid-request");
    assert_eq!(answer.fault_places(), ["/current_password", "/new_password"]);
}
