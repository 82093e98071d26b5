//! The page of signing, as it is shown.

use iced::widget::{Column, Space, column, container, image, row};
use iced::{Center, ContentFit, Fill, Top};

use super::image::Image;
use super::{LevelChoice, Message, NumberChoice, SEAL_WIDTH, Signing, TSA};
use crate::desk::theme::{self, Tone, Weight, size, space};
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::{field, line, lines};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, means, text};
use crate::domain::outbound::SignatureKind;
use crate::domain::verdict::Level;
use crate::office::settings::{SEAL_MM, tsa_fault};
use crate::rules::facts::NumberTaken;
use crate::t;

/// The room for the small picture of an image, in logical pixels.
const PICTURE: (f32, f32) = (192.0, 80.0);
/// Three services and a bit.
const SERVICES: f32 = 84.0;

impl Signing {
    pub fn view(&self, busy: bool) -> Element<'_, Message> {
        let office = self.rights.office.then(|| self.office(busy));
        let signature = self.rights.signature.then(|| {
            let label = t!("desk-settings-signature-image");
            self.picture(SignatureKind::Personal, label, &self.signature, busy)
        });
        let seal = self.rights.seal.then(|| {
            let label = t!("desk-settings-seal-image");
            column![
                self.picture(SignatureKind::Organisation, label, &self.seal, busy),
                self.width(busy)
            ]
            .spacing(space::M)
        });
        column![].push(office).push(signature).push(seal).spacing(space::L).into()
    }

    /// What is the office's: services, level, number.
    fn office(&self, busy: bool) -> Column<'_, Message> {
        let services = lines(TSA, &self.tsa, SERVICES);
        let services = if busy { services } else { services.on_action(Message::Tsa) };
        let fault = tsa_fault(&self.tsa())
            .map(|at| t!("desk-settings-tsa-wrong", address = self.tsa().swap_remove(at)));
        let levels = Level::ALL.map(LevelChoice);
        let level = LevelChoice(self.level());
        let levels = if busy { vec![level] } else { levels.to_vec() };
        let says = match level.0 {
            Level::Bb => t!("desk-settings-level-bb-means"),
            Level::Bt => t!("desk-settings-level-bt-means"),
            Level::Blt => t!("desk-settings-level-blt-means"),
            Level::Blta => t!("desk-settings-level-blta-means"),
        };
        let in_vain = (level.0 != Level::Bb && self.tsa().is_empty())
            .then(|| warned(t!("desk-settings-level-in-vain")));
        let both = [NumberTaken::PersonalSignature, NumberTaken::OrganisationSignature];
        let number = NumberChoice(self.number_taken);
        let both = if busy { vec![number] } else { both.map(NumberChoice).to_vec() };
        column![
            field(
                t!("desk-settings-tsa"),
                column![services, means(t!("desk-settings-tsa-means"))].spacing(space::XS),
                fault
            ),
            field(
                t!("desk-settings-level"),
                column![choice(levels, Some(level), String::new(), Message::Level), means(says)]
                    .push(in_vain)
                    .spacing(space::XS),
                None
            ),
            field(
                t!("desk-settings-number"),
                choice(both, Some(number), String::new(), Message::Number),
                None
            ),
        ]
        .spacing(space::M)
    }

    fn picture<'a>(
        &'a self,
        kind: SignatureKind,
        label: String,
        shown: &'a Image,
        busy: bool,
    ) -> Element<'a, Message> {
        let means_what = match kind {
            SignatureKind::Personal => t!("desk-settings-signature-image-means"),
            SignatureKind::Organisation => t!("desk-settings-seal-image-means"),
        };
        let picture: Element<'a, Message> = match &shown.picture {
            Some(handle) => image(handle.clone()).content_fit(ContentFit::ScaleDown).into(),
            None if shown.is_there() => {
                text(t!("desk-settings-image-kept")).size(size::CAPTION).into()
            }
            None => means(t!("desk-settings-image-none")),
        };
        let picture =
            container(picture).center_x(PICTURE.0).center_y(PICTURE.1).style(theme::framed);
        let browse = press(
            Some(Icon::Folder),
            t!("desk-settings-browse"),
            Weight::Plain,
            (!busy).then_some(Message::Browse(kind)),
        );
        let remove = shown.is_there().then(|| {
            let removed = (!busy).then_some(Message::Removed(kind));
            press(Some(Icon::Trash), t!("desk-settings-image-remove"), Weight::Plain, removed)
        });
        let otherwise = shown.instead().map(|png| {
            means(match png {
                Some(_) => t!("desk-settings-image-chosen"),
                None => t!("desk-settings-image-removed"),
            })
        });
        let warnings = shown.warnings.iter().map(|warning| warned(warning.sentence()));
        let presses = row![browse].push(remove).push(Space::new().width(Fill)).spacing(space::S);
        let beside =
            column![presses, means(means_what)].push(otherwise).extend(warnings).spacing(space::XS);
        field(
            label,
            column![row![picture, beside].spacing(space::M).align_y(Top)]
                .push(shown.problem.as_ref().map(told))
                .spacing(space::S),
            None,
        )
    }

    fn width(&self, busy: bool) -> Element<'_, Message> {
        let typed = line(SEAL_WIDTH, &t!("desk-settings-seal-mm-usual"), &self.mm)
            .on_input_maybe((!busy).then_some(Message::Mm))
            .on_submit(Message::Submit)
            .width(220);
        let fault = self.mm().is_err().then(|| {
            let (least, most) = (SEAL_MM.start().to_string(), SEAL_MM.end().to_string());
            t!("desk-settings-seal-mm-wrong", least = least, most = most)
        });
        field(t!("desk-settings-seal-mm"), typed, fault)
    }
}

/// No hindrance, but somebody should know.
fn warned<'a>(words: String) -> Element<'a, Message> {
    row![
        tinted(Icon::Warning, Tone::Warn.ink()).size(size::CAPTION),
        text(words).size(size::CAPTION).color(Tone::Warn.ink()).width(Fill)
    ]
    .spacing(space::XS)
    .align_y(Center)
    .into()
}
