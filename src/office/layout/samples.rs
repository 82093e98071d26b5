//! Sample documents, written for demonstrations and tests: two offices of Hậu Giang, names
//! and matters invented.

use jiff::Timestamp;
use serde::Deserialize;

use super::Sheet;
use crate::domain::calendar;

/// One sample document.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Stable name, also the stem of a file name.
    pub key: String,
    /// Key of the type in the rule profile, such as `QĐ`; `CV` for an official letter.
    pub type_key: String,
    /// Which office issues it: `xa` (UBND xã Tân Bình) or `tinh` (UBND tỉnh Hậu Giang).
    pub office: String,
    pub sheet: Sheet,
}

const SOURCES: [&str; 8] = [
    include_str!("../../../assets/samples/quyet-dinh-kien-toan-ban-chi-dao.toml"),
    include_str!("../../../assets/samples/cong-van-ra-soat-ho-ngheo.toml"),
    include_str!("../../../assets/samples/ke-hoach-chuyen-doi-so.toml"),
    include_str!("../../../assets/samples/bao-cao-cai-cach-hanh-chinh.toml"),
    include_str!("../../../assets/samples/thong-bao-lich-tiep-cong-dan.toml"),
    include_str!("../../../assets/samples/to-trinh-cap-kinh-phi.toml"),
    include_str!("../../../assets/samples/quyet-dinh-khen-thuong.toml"),
    include_str!("../../../assets/samples/cong-van-phong-chong-sat-lo.toml"),
];

/// All samples, in a fixed order, as drafts of this year: one that named another year could
/// not be signed today. A test reads every one of them, so none is left out.
pub fn samples() -> Vec<Sample> {
    let year = calendar::local(Timestamp::now()).date().year();
    SOURCES
        .iter()
        .filter_map(|source| match toml::from_str::<Sample>(source) {
            Ok(mut sample) => {
                sample.sheet.year = Some(year);
                Some(sample)
            }
            Err(error) => {
                tracing::error!(%error, "a sample cannot be read");
                None
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use unicode_normalization::is_nfc;

    use super::*;

    #[test]
    fn every_sample_reads_and_is_composed() {
        for source in SOURCES {
            let sample: Sample = toml::from_str(source).unwrap_or_else(|e| panic!("{e}\n{source}"));
            assert!(is_nfc(source), "{}", sample.key);
            assert!(!sample.sheet.signer.full_name.is_empty(), "{}", sample.key);
            assert!(!sample.sheet.body.is_empty(), "{}", sample.key);
        }
        assert_eq!(samples().len(), SOURCES.len());
    }
}
