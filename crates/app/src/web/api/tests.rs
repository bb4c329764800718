use super::*;
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http_body_util::BodyExt as _;
use serde::Deserialize;
use tower::ServiceExt as _;

#[derive(Deserialize)]
struct Asked {
    year: i16,
}

async fn send(path: &str, kind: &str, body: &'static str) -> (StatusCode, String, serde_json::Value) {
    let echo = async |Path(n): Path<u32>, Query(q): Query<Asked>, Json(a): Json<Asked>| {
        Json(serde_json::json!([n, q.year, a.year]))
    };
    let router: Router = Router::new().route("/{n}", post(echo));
    let request = Request::post(path).header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
    let reply = router.oneshot(request).await.unwrap();
    let (status, kind) =
        (reply.status(), reply.headers()[header::CONTENT_TYPE].to_str().unwrap().to_string());
    let bytes = reply.into_body().collect().await.unwrap().to_bytes();
    (status, kind, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn what_cannot_be_read_is_a_problem_in_two_languages() {
    const JSON: &str = "application/json";
    let (status, _, value) = send("/7?year=2025", JSON, r#"{"year":2026}"#).await;
    assert_eq!((status, value), (StatusCode::OK, serde_json::json!([7, 2025, 2026])));
    for (path, kind, body, wanted, word) in [
        ("/7?year=2025", JSON, r#"{"year":"x"}"#, 400, "year"),
        ("/7?year=2025", JSON, "{", 400, "body"),
        ("/7?year=2025", JSON, r#"{"year":2026} x"#, 400, "trailing"),
        ("/7?year=2025", "text/plain", "{}", 415, "application/json"),
        ("/7?year=x", JSON, r#"{"year":2026}"#, 400, "query"),
        ("/7", JSON, r#"{"year":2026}"#, 400, "year"),
        ("/x?year=2025", JSON, r#"{"year":2026}"#, 404, "address"),
    ] {
        let (status, kind, problem) = send(path, kind, body).await;
        assert_eq!((status.as_u16(), kind.as_str()), (wanted, PROBLEM), "{path} {body}");
        assert_eq!(problem["status"], wanted);
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
        assert!(problem["detail_zh"].as_str().unwrap().contains("有"), "{problem}");
    }
}

#[test]
fn a_secret_is_read_exactly() {
    let hex = "ab".repeat(32);
    let read = |text: &str| secret(&HeaderValue::from_str(text).unwrap());
    assert_eq!(read(&format!("Bearer lf_{hex}")), Some(vec![0xab; 32]));
    assert_eq!(read(&format!("bearer lf_{hex}")), Some(vec![0xab; 32]));
    for bad in [
        format!("Basic lf_{hex}"),
        format!("Bearer {hex}"),
        "Bearer lf_ab".into(),
        "lf_".into(),
        format!("Bearer lf_{hex}00"),
    ] {
        assert_eq!(read(&bad), None, "{bad}");
    }
}
