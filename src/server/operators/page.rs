//! The operators' page, made whole on the server: no script, and nothing from elsewhere.

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::domain::agency::AgencyCode;
use crate::domain::calendar;
use crate::i18n::{Lang, lookup};
use crate::server::storage::{Mailbox, Refusals, Volume};

/// Rows of a table at most; how many are left out is said.
const OFFICES: usize = 100;
const REFUSED: usize = 60;
/// What has waited for longer is late.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// What the page shows.
pub(super) struct View {
    pub lang: Lang,
    pub now: Timestamp,
    /// The first day of the volumes, and today.
    pub first: Date,
    pub today: Date,
    pub names: HashMap<AgencyCode, String>,
    pub mailboxes: Vec<Mailbox>,
    pub volumes: Vec<(Date, Volume)>,
    pub refusals: Vec<Refusals>,
}

impl View {
    pub fn html(&self) -> String {
        let other = if self.lang == Lang::Vi { Lang::En } else { Lang::Vi };
        let title = self.say("server-page-title");
        let mut out = String::with_capacity(16 * 1024);
        // Writing into a String cannot fail.
        let _ = write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta http-equiv=\"refresh\" content=\"60\"><title>{title}</title>\
             <style>{STYLE}</style></head><body><header><h1>{title}</h1><p>{}</p>\
             <nav><a href=\"?lang={}\" hreflang=\"{}\">{}</a> <a href=\"/metrics\">metrics</a></nav>\
             </header>",
            self.lang.tag(),
            self.say_with("server-page-at", &[("at", self.time(self.now))]),
            other.tag(),
            other.tag(),
            self.say("server-page-other-language"),
        );
        self.tiles(&mut out);
        out.push_str("<main><section>");
        self.offices(&mut out);
        out.push_str("</section><section>");
        self.days(&mut out);
        self.refused(&mut out);
        out.push_str("</section></main></body></html>\n");
        out
    }

    fn tiles(&self, out: &mut String) {
        let waiting: u64 = self.mailboxes.iter().map(|mailbox| mailbox.waiting).sum();
        let late = self.mailboxes.iter().filter(|mailbox| self.is_late(mailbox)).count();
        let lapsed: u64 = self.mailboxes.iter().map(|mailbox| mailbox.lapsed).sum();
        let today = self.volume(self.today);
        let tiles = [
            ("server-page-offices", self.number(self.mailboxes.len() as u64), false),
            ("server-page-late", self.number(late as u64), late > 0),
            ("server-page-waiting", self.number(waiting), false),
            ("server-page-lapsed", self.number(lapsed), lapsed > 0),
            ("server-page-packets-today", self.number(today.packets), false),
            ("server-page-bytes-today", self.bytes(today.bytes), false),
        ];
        out.push_str("<ul class=\"tiles\">");
        for (key, value, bad) in tiles {
            let class = if bad { " class=\"bad\"" } else { "" };
            let _ = write!(out, "<li{class}><b>{value}</b> {}</li>", self.say(key));
        }
        out.push_str("</ul>");
    }

    /// Those for whom something waits, the longest wait first; then those for whom nothing waits
    /// any more because it has lapsed.
    fn offices(&self, out: &mut String) {
        let concerned = |mailbox: &&Mailbox| mailbox.waiting > 0 || mailbox.lapsed > 0;
        let mut waiting: Vec<&Mailbox> = self.mailboxes.iter().filter(concerned).collect();
        waiting.sort_by_key(|mailbox| (mailbox.oldest.is_none(), mailbox.oldest));
        let _ = write!(out, "<h2>{}</h2>", self.say("server-page-not-fetched"));
        if waiting.is_empty() {
            let _ = write!(out, "<p class=\"good\">{}</p>", self.say("server-page-all-fetched"));
            return;
        }
        let heads = [
            ("server-page-office", ""),
            ("server-page-count", " class=\"n\""),
            ("server-page-oldest", ""),
            ("server-page-seen", ""),
        ];
        self.head(out, "tall", &heads);
        for mailbox in waiting.iter().take(OFFICES) {
            let late =
                if self.is_late(mailbox) { self.say("server-page-is-late") } else { String::new() };
            let oldest = mailbox.oldest.map_or_else(String::new, |at| self.since(at, &late));
            let lapsed = match mailbox.lapsed {
                0 => String::new(),
                count => {
                    let said = self.say_with("server-page-gone", &[("count", self.number(count))]);
                    format!("<small><em>{said}</em></small>")
                }
            };
            let seen = mailbox.seen_at.map_or_else(
                || format!("<em>{}</em>", self.say("server-page-never")),
                |at| self.since(at, ""),
            );
            let _ = write!(
                out,
                "<tr><td>{}</td><td class=\"n\">{}</td><td>{oldest}{lapsed}</td><td>{seen}</td></tr>",
                self.office(&mailbox.office),
                self.number(mailbox.waiting),
            );
        }
        out.push_str("</tbody></table>");
        self.rest(out, waiting.len(), OFFICES);
    }

    fn days(&self, out: &mut String) {
        let _ = write!(out, "<h2>{}</h2>", self.say("server-page-volumes"));
        let heads = [
            ("server-page-day", ""),
            ("server-page-packets", " class=\"n\""),
            ("server-page-bytes", " class=\"n\""),
            ("server-page-share", ""),
        ];
        self.head(out, "dense", &heads);
        let most = self.volumes.iter().map(|(_, volume)| volume.packets).max().unwrap_or(0);
        let mut day = self.today;
        while day >= self.first {
            let volume = self.volume(day);
            let width = (volume.packets * 100).checked_div(most).unwrap_or(0);
            let _ = write!(
                out,
                "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
                 <td class=\"bar\"><i style=\"width:{width}%\"></i></td></tr>",
                day.strftime("%d/%m/%Y"),
                self.number(volume.packets),
                self.bytes(volume.bytes),
            );
            match day.checked_sub(1.day()) {
                Ok(before) => day = before,
                Err(_) => break,
            }
        }
        out.push_str("</tbody></table>");
    }

    fn refused(&self, out: &mut String) {
        let _ = write!(out, "<h2>{}</h2>", self.say("server-page-refused"));
        if self.refusals.is_empty() {
            let _ = write!(out, "<p class=\"good\">{}</p>", self.say("server-page-none-refused"));
            return;
        }
        let heads = [
            ("server-page-day", ""),
            ("server-page-office", ""),
            ("server-page-reason", ""),
            ("server-page-times", " class=\"n\""),
        ];
        self.head(out, "", &heads);
        for refusals in self.refusals.iter().take(REFUSED) {
            let reason = self.say(&format!("server-reason-{}", refusals.reason));
            let _ = write!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{reason}</td><td class=\"n\">{}</td></tr>",
                refusals.day.strftime("%d/%m"),
                self.office(&refusals.office),
                self.number(refusals.count),
            );
        }
        out.push_str("</tbody></table>");
        self.rest(out, self.refusals.len(), REFUSED);
    }

    fn head(&self, out: &mut String, class: &str, heads: &[(&str, &str)]) {
        let _ = write!(out, "<table class=\"{class}\"><thead><tr>");
        for (key, class) in heads {
            let _ = write!(out, "<th{class}>{}</th>", self.say(key));
        }
        out.push_str("</tr></thead><tbody>");
    }

    fn rest(&self, out: &mut String, all: usize, shown: usize) {
        if all > shown {
            let left = self.number((all - shown) as u64);
            let _ = write!(out, "<p>{}</p>", self.say_with("server-page-rest", &[("count", left)]));
        }
    }

    fn is_late(&self, mailbox: &Mailbox) -> bool {
        mailbox.oldest.is_some_and(|at| self.now.duration_since(at) > LATE)
    }

    fn volume(&self, day: Date) -> Volume {
        let found = self.volumes.iter().find(|(of, _)| *of == day);
        found.map(|(_, volume)| *volume).unwrap_or_default()
    }

    fn office(&self, code: &AgencyCode) -> String {
        let name = self.names.get(code).map_or("", String::as_str);
        format!("{} <small>{}</small>", escape(name), escape(code.as_str()))
    }

    fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    fn say_with(&self, key: &str, args: &[(&str, String)]) -> String {
        // A reason that this program does not know is shown as it is.
        let said = lookup(self.lang, key, args);
        escape(&said.unwrap_or_else(|| key.rsplit('-').next().unwrap_or(key).to_owned()))
    }

    fn time(&self, at: Timestamp) -> String {
        calendar::local(at).strftime("%d/%m/%Y %H:%M").to_string()
    }

    /// How long ago a moment was, a word in red behind it, and the moment itself.
    fn since(&self, at: Timestamp, mark: &str) -> String {
        let minutes = self.now.duration_since(at).as_mins().max(0);
        let (key, count) = match minutes {
            0..120 => ("server-page-minutes", minutes),
            120..2_880 => ("server-page-hours", minutes / 60),
            _ => ("server-page-days", minutes / 1_440),
        };
        let ago = self.say_with(key, &[("count", count.to_string())]);
        format!("{ago} <em>{mark}</em> <small>{}</small>", self.time(at))
    }

    /// With thousands set apart as the language does it.
    fn number(&self, count: u64) -> String {
        let separator = if self.lang == Lang::Vi { '.' } else { ',' };
        let digits = count.to_string();
        let mut out = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                out.push(separator);
            }
            out.push(digit);
        }
        out
    }

    fn bytes(&self, bytes: u64) -> String {
        let (value, unit) = match bytes {
            0..1_000_000 => (bytes as f64 / 1e3, "kB"),
            1_000_000..1_000_000_000 => (bytes as f64 / 1e6, "MB"),
            _ => (bytes as f64 / 1e9, "GB"),
        };
        let text = format!("{value:.1}");
        let text = if self.lang == Lang::Vi { text.replace('.', ",") } else { text };
        format!("{text} {unit}")
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

const STYLE: &str = "\
:root{color-scheme:light;font:15px/1.45 'Noto Sans',system-ui,sans-serif;color:#1d2733;background:#f3f5f8}\
body{margin:0;padding:0 20px 24px}\
header{display:flex;align-items:baseline;gap:18px;padding:14px 0 10px}\
h1{font-size:21px;margin:0}header p{margin:0;color:#51606f}nav{margin-left:auto}nav a{margin-left:14px}\
a{color:#1257a0}\
.tiles{display:flex;gap:12px;list-style:none;margin:0 0 14px;padding:0}\
.tiles li{flex:1;background:#fff;border:1px solid #d6dde5;border-radius:6px;padding:8px 12px;color:#51606f}\
.tiles b{display:block;font-size:22px;color:#1d2733}\
.tiles .bad{border-color:#b3261e}.tiles .bad b{color:#b3261e}\
main{display:grid;grid-template-columns:minmax(0,11fr) minmax(0,9fr);gap:18px;align-items:start}\
section{min-width:0}h2{font-size:16px;margin:10px 0 6px}\
table{width:100%;border-collapse:collapse;background:#fff;border:1px solid #d6dde5;margin-bottom:12px}\
th,td{text-align:left;padding:4px 9px;border-bottom:1px solid #e6ebf0;vertical-align:top}\
th{background:#e9eef4;font-weight:600;white-space:nowrap}\
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\
small{color:#5a6876;font-size:12.5px}td small{white-space:nowrap}.tall small{display:block}\
.dense td{padding:0 9px;font-size:14px}\
em{font-style:normal;font-weight:600;color:#b3261e}\
.good{color:#1b6b3a}\
.bar{width:34%;vertical-align:middle}.bar i{display:block;height:10px;background:#1257a0;border-radius:2px;min-width:1px}\
@media(max-width:900px){main,.tiles{display:block}.tiles li{margin-bottom:8px}}";

#[cfg(test)]
mod tests {
    use super::*;

    fn view(lang: Lang) -> View {
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let today = calendar::local(now).date();
        let code = AgencyCode::new("000.01.05.H30").unwrap();
        let mailbox = Mailbox {
            office: code.clone(),
            waiting: 1_234,
            oldest: Some(now - SignedDuration::from_hours(72)),
            lapsed: 5_678,
            seen_at: None,
        };
        let refusals =
            Refusals { day: today, office: code.clone(), reason: "too-large".into(), count: 3 };
        View {
            lang,
            now,
            first: today,
            today,
            names: HashMap::from([(code, "UBND xã <Tân & Bình>".to_owned())]),
            mailboxes: vec![mailbox],
            volumes: vec![(today, Volume { packets: 20_000, bytes: 1_500_000_000 })],
            refusals: vec![refusals],
        }
    }

    #[test]
    fn both_languages_say_everything_and_nothing_is_taken_for_markup() {
        for (lang, texts) in [
            (Lang::Vi, ["1.234", "5.678", "1,5 GB", "3 ngày", "20.000"]),
            (Lang::En, ["1,234", "5,678", "1.5 GB", "3 days", "20,000"]),
        ] {
            let html = view(lang).html();
            for text in texts {
                assert!(html.contains(text), "{text}");
            }
            assert!(html.contains("UBND xã &lt;Tân &amp; Bình&gt;"));
            assert!(!html.contains("<Tân"));
            assert!(!html.contains("server-page") && !html.contains("server-reason"), "{html}");
        }
    }

    #[test]
    fn every_reason_has_its_words() {
        use crate::exchange::wire::Code;
        for code in [
            Code::BadCredentials,
            Code::ClockSkew,
            Code::BadRequest,
            Code::RecipientUnknown,
            Code::TooLarge,
            Code::HashMismatch,
            Code::KeyReused,
            Code::NotFound,
            Code::BadRange,
            Code::TimedOut,
            Code::Busy,
            Code::OverQuota,
            Code::TooManyUploads,
            Code::StorageFailed,
        ] {
            for lang in Lang::ALL {
                let key = format!("server-reason-{}", code.name());
                assert!(lookup(lang, &key, &[]).is_some(), "{key} in {lang:?}");
            }
        }
    }
}
