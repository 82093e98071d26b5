//! Readers and what PC/SC itself says of the cards in them, without touching a card.

use std::ffi::CString;
use std::time::Duration;

use pcsc::{Context, ReaderState, Scope, State};

use crate::token::TokenError;

/// A reader and what PC/SC says of its card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// As PC/SC calls it; what `pcsc:READER` names.
    pub name: String,
    /// The card's answer to reset; `None` without a card.
    pub atr: Option<Vec<u8>>,
    /// There is a card, but it does not answer: upside down, dirty or broken.
    pub mute: bool,
    /// Another program holds the card for itself.
    pub exclusive: bool,
    /// Counts insertions and removals, so that a quick exchange of cards shows.
    pub events: u32,
}

impl Reader {
    pub(crate) fn of(state: &ReaderState) -> Self {
        let event = state.event_state();
        let present = event.contains(State::PRESENT);
        Self {
            name: state.name().to_string_lossy().into_owned(),
            atr: present.then(|| state.atr().to_vec()),
            mute: present && event.contains(State::MUTE),
            exclusive: present && event.contains(State::EXCLUSIVE),
            events: state.event_count(),
        }
    }
}

/// Every reader; none is not an error.
pub fn readers() -> Result<Vec<Reader>, TokenError> {
    let context = establish()?;
    let mut states: Vec<ReaderState> = names(&context)
        .map_err(service_error)?
        .into_iter()
        .map(|name| ReaderState::new(name, State::UNAWARE))
        .collect();
    if states.is_empty() {
        return Ok(Vec::new());
    }
    match context.get_status_change(Duration::ZERO, &mut states) {
        Ok(()) | Err(pcsc::Error::Timeout) => Ok(states.iter().map(Reader::of).collect()),
        Err(error) => Err(service_error(error)),
    }
}

/// One reader by its name.
pub fn reader(name: &str) -> Result<Reader, TokenError> {
    readers()?
        .into_iter()
        .find(|reader| reader.name == name)
        .ok_or_else(|| TokenError::NoReader { reader: name.to_owned() })
}

/// A new connection to the PC/SC service.
pub(crate) fn establish() -> Result<Context, TokenError> {
    Context::establish(Scope::User).map_err(service_error)
}

/// The readers' names; without any reader there is an empty list, not an error.
pub(crate) fn names(context: &Context) -> Result<Vec<CString>, pcsc::Error> {
    match context.list_readers_owned() {
        Err(pcsc::Error::NoReadersAvailable) => Ok(Vec::new()),
        other => other,
    }
}

/// Errors of calls that touch no card: whatever fails there is the service.
pub(crate) fn service_error(error: pcsc::Error) -> TokenError {
    tracing::debug!(?error, "the PC/SC service does not answer");
    TokenError::NoService
}
