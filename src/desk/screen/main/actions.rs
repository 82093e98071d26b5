//! The buttons over a document: what can be done with it here and now, and its fields.

use iced::widget::{container, row};

use super::reader::Message;
use super::shelf::may_be_copied;
use crate::desk::deeds::{Deed, deeds, is_unsigned_copy};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::drafts::DraftWish;
use crate::desk::keys::{self, Command};
use crate::desk::theme::{self, Weight, size, space};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::press::press;
use crate::desk::widget::{Element, text};
use crate::domain::role::Act;
use crate::t;

/// Whether the person may write the fields of the document that is shown.
pub fn has_fields(document: &Document, door: &dyn Door) -> bool {
    let open = match document {
        Document::Inbound(inbound) => !inbound.state.is_gone(),
        Document::Outbound(_) => false,
    };
    open && door.may(Act::RegisterInbound)
}

/// `unconfirmed` fields were filled in by the program and confirmed by nobody.
pub fn actions<'a>(
    document: &Document,
    door: &dyn Door,
    busy: bool,
    unconfirmed: usize,
) -> Option<Element<'a, Message>> {
    let offered = deeds(document, door.session());
    let fields = has_fields(document, door);
    let wishes = DraftWish::offered(document, door.session());
    let copies = may_be_copied(document) && door.may(Act::Seal);
    let held = held_by_another(document, door);
    if offered.is_empty() && !fields && wishes.is_empty() && !copies && held.is_none() {
        return None;
    }
    // What nobody has confirmed is said on the button, whatever part is shown.
    let fields = fields.then(|| {
        let key = keys::written(Command::Fields).unwrap_or_default();
        let (icon, label) = match unconfirmed {
            0 => (Icon::Clipboard, t!("desk-fields")),
            count => (Icon::Warning, t!("desk-fields-to-confirm", count = count)),
        };
        let message = (!busy).then_some(Message::Fields);
        press(Some(icon), format!("{label} ({key})"), Weight::Plain, message)
    });
    let buttons = offered.into_iter().enumerate().map(|(index, deed)| {
        let weight = match (index, deed.weight()) {
            (0, Weight::Plain) => Weight::Primary,
            (_, weight) => weight,
        };
        let name = match deed {
            Deed::Seal if is_unsigned_copy(document) => t!("desk-copy-title"),
            deed => t!(deed.key()),
        };
        let label = match keys::written(Command::Deed(deed)) {
            Some(key) => format!("{name} ({key})"),
            None => name,
        };
        press(Some(deed.icon()), label, weight, (!busy).then_some(Message::Do(deed)))
    });
    let looks = wishes.into_iter().map(|wish| {
        let label = match wish.command().and_then(keys::written) {
            Some(key) => format!("{} ({key})", t!(wish.key())),
            None => t!(wish.key()),
        };
        press(Some(wish.icon()), label, Weight::Quiet, (!busy).then_some(Message::Draft(wish)))
    });
    let copies = copies.then(|| {
        let key = keys::written(Command::Copies).unwrap_or_default();
        let label = format!("{} ({key})", t!("desk-copies"));
        press(Some(Icon::FilePlus), label, Weight::Quiet, (!busy).then_some(Message::Copies))
    });
    Some(
        row(buttons)
            .push(fields)
            .extend(looks)
            .push(copies)
            .push(held)
            .spacing(space::S)
            .wrap()
            .vertical_spacing(space::XS)
            .into(),
    )
}

/// Why nothing is offered that would decide on a draft: who has it.
fn held_by_another<'a>(document: &Document, door: &dyn Door) -> Option<Element<'a, Message>> {
    let Document::Outbound(outbound) = document else { return None };
    let (holder, session) = (outbound.holder()?, door.session());
    if holder.user.is_empty() || holder.lets(&session.user, &session.roles) {
        return None;
    }
    let said = text(t!("desk-draft-held", holder = holder.user));
    Some(container(said.size(size::BODY).color(theme::INK_SOFT)).padding([space::XS, 0.0]).into())
}
