//! Every sentence that a person reads, in Vietnamese and English.
//!
//! The sentences live in `i18n/<language>/<room>.ftl` (Project Fluent) and are
//! compiled into the program. A missing key shows itself as `⟦key⟧` and fails
//! `tests/locale.rs`.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU8, Ordering};

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};

use crate::domain::problem::Problem;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    #[default]
    Vi,
    En,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// `vi` or `en`, as on the command line.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.tag() == tag)
    }
}

macro_rules! catalogue {
    ($($room:literal),* $(,)?) => {
        /// The texts of one language, one per room.
        pub fn sources(lang: Lang) -> &'static [(&'static str, &'static str)] {
            match lang {
                Lang::Vi => &[$(($room, include_str!(concat!("../i18n/vi/", $room, ".ftl")))),*],
                Lang::En => &[$(($room, include_str!(concat!("../i18n/en/", $room, ".ftl")))),*],
            }
        }
    };
}

catalogue![
    "common", "domain", "rules", "pdf", "pki", "token", "signing", "packet", "store", "exchange",
    "office", "extract", "gate", "layout", "paper", "book", "handling", "inbound", "draft",
    "settings", "leaving", "doctor", "desk", "server", "ctl",
];

static CURRENT: AtomicU8 = AtomicU8::new(0);

/// Chooses the language of everything said from now on, in every thread.
pub fn set_language(lang: Lang) {
    CURRENT.store(lang as u8, Ordering::Relaxed);
}

/// The language in force.
pub fn language() -> Lang {
    if CURRENT.load(Ordering::Relaxed) == Lang::En as u8 { Lang::En } else { Lang::Vi }
}

type Bundle = FluentBundle<FluentResource>;

thread_local! {
    // A bundle is not `Sync`; each thread that speaks builds its own once.
    static BUNDLES: RefCell<[Option<Bundle>; 2]> = const { RefCell::new([None, None]) };
}

fn build(lang: Lang) -> Bundle {
    let mut bundle = FluentBundle::new(vec![lang.tag().parse().unwrap_or_default()]);
    // Isolation marks would show up as boxes in places that do not know them.
    bundle.set_use_isolating(false);
    for (room, source) in sources(lang) {
        let resource = match FluentResource::try_new((*source).to_owned()) {
            Ok(resource) => resource,
            Err((resource, errors)) => {
                tracing::error!(room, ?errors, "a catalogue has errors");
                resource
            }
        };
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(room, ?errors, "a catalogue repeats a key");
        }
    }
    bundle
}

/// The sentence `key` (or `key.attribute`) in the language `lang`; `None` if it does not exist.
pub fn lookup(lang: Lang, key: &str, args: &[(&str, String)]) -> Option<String> {
    BUNDLES.with_borrow_mut(|bundles| {
        let bundle = bundles[lang as usize].get_or_insert_with(|| build(lang));
        let (id, attribute) = match key.split_once('.') {
            Some((id, attribute)) => (id, Some(attribute)),
            None => (key, None),
        };
        let message = bundle.get_message(id)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name)?.value(),
            None => message.value()?,
        };
        let mut values = FluentArgs::new();
        for (name, value) in args {
            // Whole numbers choose plural forms; everything else is text as it stands.
            let value = match value.parse::<i64>() {
                Ok(number) if number.to_string() == *value => FluentValue::from(number),
                _ => FluentValue::from(value.as_str()),
            };
            values.set((*name).to_owned(), value);
        }
        let mut errors = Vec::new();
        Some(bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned())
    })
}

/// The sentence `key` in the language in force.
pub fn tr(key: &str) -> String {
    tr_args(key, &[])
}

/// The sentence `key` with named facts, in the language in force.
pub fn tr_args(key: &str, args: &[(&str, String)]) -> String {
    lookup(language(), key, args).unwrap_or_else(|| format!("⟦{key}⟧"))
}

/// `t!("key")` or `t!("key", name = value, …)`: a sentence in the language in force.
#[macro_export]
macro_rules! t {
    ($key:expr) => { $crate::i18n::tr($key) };
    ($key:expr, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::i18n::tr_args($key, &[$((stringify!($name), ($value).to_string())),+])
    };
}

/// A problem in three sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub what: String,
    /// What was kept, or that nothing changed.
    pub kept: String,
    /// What to do next.
    pub next: String,
}

impl Told {
    /// All three in one paragraph.
    pub fn paragraph(&self) -> String {
        format!("{} {} {}", self.what, self.kept, self.next)
    }
}

/// Says a problem in the language in force.
pub fn tell(problem: &Problem) -> Told {
    let args: Vec<(&str, String)> =
        problem.args.iter().map(|(name, value)| (*name, value.clone())).collect();
    Told {
        what: tr_args(problem.code, &args),
        kept: tr_args(&format!("{}.kept", problem.code), &args),
        next: tr_args(&format!("{}.next", problem.code), &args),
    }
}
