//! What signatures may rest on: algorithms and lengths of keys, and until when.
//!
//! New signatures are made with what the law names and nothing else. An old one may rest on
//! what was good when it was made, if a time stamp proves that it is that old: what could not
//! be forged then was not forged (ETSI EN 319 102-1, 5.6.2.4). Without that proof nobody can
//! tell it from one that was forged yesterday.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::Deserialize;

use super::Profile;

/// The section `algorithms` of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Algorithms {
    pub cite: String,
    pub confirmed: bool,
    /// Shortest RSA key, in bits.
    pub rsa_bits: u32,
    /// Shortest key on a curve, in bits.
    pub ecdsa_bits: u32,
    /// What is no longer good; each kind once.
    pub outdated: Vec<Outdated>,
}

/// One kind of weakness, with its days in Việt Nam.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outdated {
    pub key: OutdatedKind,
    /// RSA keys below this were never good.
    #[serde(default)]
    pub at_least_bits: u32,
    /// The last day on which it could be relied upon.
    pub good_until: Date,
    /// The first day on which the law no longer lets it be used.
    pub refused_from: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutdatedKind {
    Sha1,
    ShortRsa,
}

/// What is weak about a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weakness {
    Sha1,
    /// An RSA key of so many bits, fewer than are asked for.
    ShortRsa(u32),
    /// An algorithm or a curve that is not known.
    Unknown,
}

/// What a weakness means for a signature of a certain day, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Good on that day.
    Good,
    /// No longer to be relied upon, not yet forbidden.
    Weak,
    /// Forbidden on that day.
    Refused,
}

impl Algorithms {
    /// Those of today's law, for checks without an office.
    pub fn current() -> &'static Self {
        static CURRENT: LazyLock<Algorithms> = LazyLock::new(|| {
            Profile::built_in("current").map_or_else(
                |error| {
                    tracing::error!(%error, "the built-in profile is broken");
                    Algorithms {
                        cite: String::new(),
                        confirmed: false,
                        rsa_bits: 2048,
                        ecdsa_bits: 256,
                        outdated: Vec::new(),
                    }
                },
                |profile| profile.algorithms().clone(),
            )
        });
        &CURRENT
    }

    /// What a weakness means for a signature made at `at`.
    pub fn standing(&self, weakness: Weakness, at: Timestamp) -> Standing {
        let kind = match weakness {
            Weakness::Sha1 => OutdatedKind::Sha1,
            Weakness::ShortRsa(_) => OutdatedKind::ShortRsa,
            Weakness::Unknown => return Standing::Weak,
        };
        let Some(row) = self.outdated.iter().find(|row| row.key == kind) else {
            return Standing::Weak;
        };
        let day = at.to_zoned(TimeZone::fixed(Offset::constant(7))).date();
        let never = matches!(weakness, Weakness::ShortRsa(bits) if bits < row.at_least_bits);
        if day >= row.refused_from {
            Standing::Refused
        } else if day > row.good_until || never {
            Standing::Weak
        } else {
            Standing::Good
        }
    }
}

/// Why the section makes no sense, if it does not.
pub(super) fn contradiction(algorithms: &Algorithms) -> Option<String> {
    let twice = |row: &Outdated| algorithms.outdated.iter().filter(|o| o.key == row.key).count();
    let rows = &algorithms.outdated;
    if !(2048..=16384).contains(&algorithms.rsa_bits) || algorithms.ecdsa_bits < 256 {
        Some("algorithms: shorter keys than the law asks for".to_owned())
    } else if rows.iter().any(|row| twice(row) > 1) {
        Some("algorithms: a kind stands there twice".to_owned())
    } else if rows.iter().any(|row| row.refused_from <= row.good_until) {
        Some("algorithms: good and refused on one day".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: &str) -> Timestamp {
        format!("{day}T12:00:00+07:00").parse().unwrap()
    }

    #[test]
    fn the_built_in_profiles_know_what_is_outdated() {
        for name in Profile::names() {
            let algorithms = Profile::built_in(name).unwrap().algorithms().clone();
            let standing = |weakness, day| algorithms.standing(weakness, on(day));
            for weakness in [Weakness::Sha1, Weakness::ShortRsa(1024)] {
                assert_eq!(standing(weakness, "2012-05-04"), Standing::Good, "{name}");
                assert_eq!(standing(weakness, "2019-05-04"), Standing::Weak, "{name}");
                assert_eq!(standing(weakness, "2026-05-04"), Standing::Refused, "{name}");
            }
            assert_eq!(standing(Weakness::ShortRsa(512), "2012-05-04"), Standing::Weak);
            assert_eq!(standing(Weakness::Unknown, "2012-05-04"), Standing::Weak);
        }
    }

    #[test]
    fn days_are_days_in_viet_nam() {
        let algorithms = Algorithms::current();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let standing = |text| algorithms.standing(Weakness::Sha1, at(text));
        assert_eq!(standing("2025-08-14T16:59:59Z"), Standing::Weak);
        assert_eq!(standing("2025-08-14T17:00:00Z"), Standing::Refused);
    }

    #[test]
    fn nonsense_is_refused() {
        let good = Algorithms::current().clone();
        assert_eq!(contradiction(&good), None);
        let mut short = good.clone();
        short.rsa_bits = 1024;
        assert!(contradiction(&short).is_some());
        let mut twice = good.clone();
        twice.outdated.push(twice.outdated[0].clone());
        assert!(contradiction(&twice).is_some());
        let mut never = good;
        never.outdated[0].refused_from = never.outdated[0].good_until;
        assert!(contradiction(&never).is_some());
    }
}
