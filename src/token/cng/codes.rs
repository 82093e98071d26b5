//! What Windows' error codes mean for a person (winerror.h: SCARD_*, NTE_*, CRYPT_E_*).

use crate::token::TokenError;

/// A code as Windows gives it, whether an HRESULT or a plain error number.
pub fn meaning(code: u32) -> TokenError {
    match code {
        // ERROR_CANCELLED, also as HRESULT; NTE_USER_CANCELLED; SCARD_W_CANCELLED_BY_USER,
        // SCARD_E_CANCELLED.
        1223 | 0x8007_04C7 | 0x8009_0036 | 0x8010_006E | 0x8010_0002 => TokenError::Cancelled,
        // SCARD_W_WRONG_CHV
        0x8010_006B => TokenError::WrongPin { tries_left: None },
        // SCARD_W_CHV_BLOCKED
        0x8010_006C => TokenError::PinBlocked,
        // SCARD_E_NO_SMARTCARD, SCARD_W_REMOVED_CARD, SCARD_E_READER_UNAVAILABLE,
        // SCARD_E_NO_READERS_AVAILABLE
        0x8010_000C | 0x8010_0069 | 0x8010_0017 | 0x8010_002E => TokenError::Removed,
        // SCARD_E_NO_SERVICE, SCARD_E_SERVICE_STOPPED
        0x8010_001D | 0x8010_001E => TokenError::NoService,
        // SCARD_E_SHARING_VIOLATION
        0x8010_000B => TokenError::Busy,
        // SCARD_W_UNRESPONSIVE_CARD, SCARD_W_UNPOWERED_CARD
        0x8010_0066 | 0x8010_0067 => TokenError::NotAnswering,
        // NTE_BAD_KEYSET, NTE_NO_KEY, CRYPT_E_NO_KEY_PROPERTY
        0x8009_0016 | 0x8009_000D | 0x8009_200B => TokenError::NoSuchKey { key: spelled(code) },
        // NTE_BAD_ALGID, NTE_NOT_SUPPORTED, NTE_INVALID_PARAMETER
        0x8009_0008 | 0x8009_0029 | 0x8009_0027 => TokenError::Unsupported { what: spelled(code) },
        _ => TokenError::Device { code: spelled(code) },
    }
}

fn spelled(code: u32) -> String {
    format!("0x{code:08X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_of_a_wrong_pin_is_one() {
        let wrong = |code: u32| matches!(meaning(code), TokenError::WrongPin { .. });
        assert!(wrong(0x8010_006B));
        for code in (0x8010_0000..0x8010_0100).chain(0x8009_0000..0x8009_0100).chain(0..2000) {
            assert!(!wrong(code) || code == 0x8010_006B, "{code:#X}");
        }
        assert_eq!(meaning(1223), TokenError::Cancelled);
        // NTE_FAIL
        assert_eq!(meaning(0x8009_0020), TokenError::Device { code: "0x80090020".to_owned() });
    }
}
