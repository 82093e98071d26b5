//! Return values of a module, told apart by what they mean for a person. A fault of the
//! driver is never taken for a wrong PIN: that is told by `C_Login` alone.

use cryptoki::error::{Error, RvError};

use crate::token::TokenError;

/// What an error of the module means.
pub fn failed(error: &Error) -> TokenError {
    tracing::debug!(%error, "a PKCS#11 call failed");
    match error {
        Error::Pkcs11(error, _) => code(*error),
        error => TokenError::Device { code: error.to_string() },
    }
}

/// What a return value means (PKCS#11 2.40, 5.1).
pub fn code(error: RvError) -> TokenError {
    use RvError as E;
    match error {
        E::DeviceRemoved
        | E::TokenNotPresent
        | E::SessionHandleInvalid
        | E::SessionClosed
        | E::SlotIdInvalid => TokenError::Removed,
        E::UserNotLoggedIn => TokenError::LoginNeeded,

        E::FunctionCanceled | E::Cancel => TokenError::Cancelled,
        E::MechanismInvalid | E::MechanismParamInvalid | E::FunctionNotSupported => {
            TokenError::Unsupported { what: name(error) }
        }
        E::SessionCount | E::UserAnotherAlreadyLoggedIn => TokenError::Busy,
        error => TokenError::Device { code: name(error) },
    }
}

/// `CKR_DEVICE_ERROR` from `DeviceError`, as vendors' manuals spell it.
pub fn name(error: RvError) -> String {
    match error {
        RvError::VendorDefined(number) => format!("CKR_VENDOR_DEFINED 0x{number:08X}"),
        RvError::UnknownErrorCode(number) => format!("CKR 0x{number:08X}"),
        error => {
            let mut name = "CKR".to_owned();
            for letter in format!("{error:?}").chars() {
                if letter.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(letter.to_ascii_uppercase());
            }
            name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_spelled_as_in_the_manuals() {
        assert_eq!(name(RvError::DeviceError), "CKR_DEVICE_ERROR");
        assert_eq!(name(RvError::GeneralError), "CKR_GENERAL_ERROR");
        assert_eq!(name(RvError::VendorDefined(0x8000_0001)), "CKR_VENDOR_DEFINED 0x80000001");
    }

    #[test]
    fn a_drivers_fault_is_never_a_wrong_pin() {
        for error in [RvError::DeviceError, RvError::GeneralError, RvError::FunctionFailed] {
            assert!(matches!(code(error), TokenError::Device { .. }));
        }
        assert_eq!(code(RvError::DeviceRemoved), TokenError::Removed);
    }
}
