//! Content streams as operators with their operands (ISO 32000-1, 7.8.2), for those who must
//! know exactly what a small one draws. As strict as everything here: what does not read is
//! an error, and so are inline images.

use lopdf::Object;

use super::damaged;
use super::lexer::Lexer;
use crate::pdf::PdfError;

/// More operators than the look of a form field or a comment has.
const MAX_OPERATIONS: usize = 10_000;

/// An operator with what stands before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub operator: Vec<u8>,
    pub operands: Vec<Object>,
}

/// The operations of a decoded content stream.
///
/// # Errors
/// [`PdfError::Damaged`] where it does not read or is longer than anything that is to be
/// understood to the last.
pub fn operations(content: &[u8]) -> Result<Vec<Operation>, PdfError> {
    let mut lexer = Lexer::new(content, 0);
    let mut operations = Vec::new();
    let mut operands = Vec::new();
    loop {
        lexer.skip_white();
        if lexer.position() >= content.len() {
            break;
        }
        let operator = lexer.operator();
        if operator.is_empty() {
            operands.push(lexer.object()?);
        } else if operator == b"BI" {
            return Err(damaged("an inline image"));
        } else {
            operations.push(Operation { operator, operands: std::mem::take(&mut operands) });
        }
        if operations.len() > MAX_OPERATIONS || operands.len() > MAX_OPERATIONS {
            return Err(damaged("content too long"));
        }
    }
    if operands.is_empty() { Ok(operations) } else { Err(damaged("operands without operator")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn operators_are_told_from_their_operands() {
        let found =
            operations(b"/Tx BMC q % comment\n1 0 0 RG true /X gs T* (a) Tj [(b) -3] TJ\nQ")
                .unwrap();
        let names: Vec<_> =
            found.iter().map(|o| String::from_utf8_lossy(&o.operator).into_owned()).collect();
        assert_eq!(names, ["BMC", "q", "RG", "gs", "T*", "Tj", "TJ", "Q"]);
        assert_eq!(found[2].operands, [1.into(), 0.into(), 0.into()]);
        assert_eq!(found[3].operands.len(), 2);
        assert!(operations(b"BI /W 1 ID x EI").is_err());
        assert!(operations(b"1 2").is_err());
        assert!(operations(b"(open Tj").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = operations(&bytes);
        }
    }
}
