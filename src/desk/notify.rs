//! A word outside the window: a notification of the system, for whoever has another program
//! in front.
//!
//! It is a courtesy. What it says also stands in the window, so that nothing is lost where no
//! notification can be shown (no service for it, or it is switched off): that is logged and
//! said to nobody.

use notify_rust::Notification;

/// How long the system is to show it, where it lets programs choose.
const SHOWN_MILLIS: u32 = 12_000;

/// Shows a notification on a thread of its own; never blocks and never fails.
pub fn notify(summary: String, body: String) {
    let told = std::thread::Builder::new().name("notify".to_owned()).spawn(move || {
        let shown = Notification::new()
            .appname("Văn Thư")
            .summary(&summary)
            .body(&body)
            .timeout(notify_rust::Timeout::Milliseconds(SHOWN_MILLIS))
            .show();
        if let Err(error) = shown {
            tracing::info!(%error, "the system showed no notification");
        }
    });
    if let Err(error) = told {
        tracing::info!(%error, "no thread for a notification");
    }
}
