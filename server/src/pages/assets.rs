//! Style sheet, scripts and icon, inside the binary. Their names carry the
//! digest of their content, so a browser keeps them for ever and a new version
//! has a new name.

use std::{collections::HashMap, fmt::Write, sync::LazyLock};

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

struct Asset {
    media_type: &'static str,
    bytes: Vec<u8>,
}

struct Assets {
    /// From `style.css` to `style.0a1b2c3d4e5f.css`.
    names: HashMap<String, String>,
    by_name: HashMap<String, Asset>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let mut assets = Assets { names: HashMap::new(), by_name: HashMap::new() };
    for name in Files::iter() {
        let (Some(file), Some((stem, extension))) = (Files::get(&name), name.rsplit_once('.'))
        else {
            continue;
        };
        let mut digest = String::new();
        for byte in &file.metadata.sha256_hash()[..6] {
            let _ = write!(digest, "{byte:02x}");
        }
        let hashed = format!("{stem}.{digest}.{extension}");
        let media_type = match extension {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "application/octet-stream",
        };
        assets.names.insert(name.clone().into_owned(), hashed.clone());
        assets.by_name.insert(hashed, Asset { media_type, bytes: file.data.into_owned() });
    }
    assets
});

/// The path of an asset. One that does not exist is a mistake of ours, which a
/// test finds; the page then does without it.
pub(super) fn path(name: &str) -> String {
    format!("/assets/{}", ASSETS.names.get(name).map_or(name, String::as_str))
}

pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let Some(asset) = ASSETS.by_name.get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // An icon opened by itself is a document too.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
        ),
    ];
    (headers, asset.bytes.as_slice()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_named_by_its_content() {
        let path = path("style.css");
        let name = path.strip_prefix("/assets/").unwrap();
        assert_eq!(name.split('.').map(str::len).collect::<Vec<_>>(), [5, 12, 3]);
        assert!(ASSETS.by_name.contains_key(name));
    }

    #[tokio::test]
    async fn only_the_hashed_name_is_served_and_it_is_kept_for_ever() {
        let hashed = path("page.js").replace("/assets/", "");
        let answer = serve(Path(hashed)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(serve(Path("page.js".into())).await.status(), StatusCode::NOT_FOUND);
    }
}
