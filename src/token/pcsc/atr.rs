//! What a card's answer to reset says of it (ISO/IEC 7816-3, 8.2; historical bytes:
//! ISO/IEC 7816-4, 12.1.1).

/// As people and data sheets write it: `3B 8F 80 …`.
pub fn display(atr: &[u8]) -> String {
    atr.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

/// Whether the card says in its historical bytes that it takes extended Lc and Le.
pub fn announces_extended_length(atr: &[u8]) -> bool {
    capabilities(atr).is_some_and(|third| third & 0x40 != 0)
}

/// The third byte of the card capabilities, compact TLV tag 7.
fn capabilities(atr: &[u8]) -> Option<u8> {
    let (&category, mut rest) = historical(atr)?.split_first()?;
    if category != 0x80 {
        return None;
    }
    while let Some((&head, after)) = rest.split_first() {
        let (value, after) = after.split_at_checked(usize::from(head & 0x0F))?;
        if head >> 4 == 7 {
            return value.get(2).copied();
        }
        rest = after;
    }
    None
}

fn historical(atr: &[u8]) -> Option<&[u8]> {
    let mut format = *atr.get(1)?;
    let count = usize::from(format & 0x0F);
    let mut at = 2;
    loop {
        let interface = (format >> 4).count_ones() as usize;
        let more = format & 0x80 != 0;
        at += interface;
        if !more {
            return atr.get(at..at + count);
        }
        // TDi, the last of the group, begins the next one.
        format = *atr.get(at - 1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_found_in_the_historical_bytes() {
        let atr = hex::decode("3B8A80018073C021C06552494756").unwrap();
        assert!(announces_extended_length(&atr));
        // A token of the Government Cipher Committee: no compact TLV.
        let other =
            hex::decode("3BFF1800008131FE45006B150C0302010101423444103180 0D".replace(' ', ""))
                .unwrap();
        assert!(!announces_extended_length(&other));
        assert_eq!(display(&atr[..3]), "3B 8A 80");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_the_reader(atr in proptest::collection::vec(0u8.., 0..40)) {
            let _ = announces_extended_length(&atr);
        }
    }
}
