//! One at a time, across all tabs of this app: two decisions that used the
//! same counter would look like two copies of this phone.

use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Web Locks; web-sys has them behind an unstable switch.
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        granted: &js_sys::Function,
    ) -> Result<js_sys::Promise, JsValue>;
}

/// Does `work` while no other tab does.
pub(super) async fn alone<T>(work: impl Future<Output = T>) -> T {
    let Some(locks) = locks() else { return work.await };

    // The lock lasts as long as the promise that `granted` returns.
    let mut release = None;
    let held = js_sys::Promise::new(&mut |resolve, _| release = Some(resolve));
    let mut grant = None;
    let granted = js_sys::Promise::new(&mut |resolve, _| grant = Some(resolve));

    let callback = Closure::once_into_js(move || {
        if let Some(grant) = grant {
            grant.call0(&JsValue::NULL).ok();
        }
        held
    });
    if locks.request("ecps", callback.unchecked_ref()).is_ok() {
        JsFuture::from(granted).await.ok();
    }
    let done = work.await;
    if let Some(release) = release {
        release.call0(&JsValue::NULL).ok();
    }
    done
}

fn locks() -> Option<LockManager> {
    let navigator = gloo::utils::window().navigator();
    let locks = js_sys::Reflect::get(&navigator, &"locks".into()).ok()?;
    (!locks.is_undefined()).then(|| locks.unchecked_into())
}
