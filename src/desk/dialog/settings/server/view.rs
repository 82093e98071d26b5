//! The page of the server, as it is shown.

use iced::widget::{column, container, row};
use iced::{Center, Fill};
use jiff::Timestamp;

use super::{ADDRESS, BROWSE_AUTHORITY, Believes, Certificate, Message, SECRET, Server, Speaks};
use crate::desk::document::local_day;
use crate::desk::theme::{Tone, Weight, size, space};
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::press::{press, press_as};
use crate::desk::widget::tick::tick;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, means, text};
use crate::office::line::LineLook;
use crate::t;
use crate::token::Pin;

impl Server {
    pub fn view(&self, busy: bool) -> Element<'_, Message> {
        let trying = self.trial.is_running();
        let go = (!busy && !trying).then_some(Message::Try);
        let attempt = row![
            press(Some(Icon::Cloud), t!("desk-settings-try"), Weight::Plain, go),
            means(t!("desk-settings-try-means"))
        ]
        .spacing(space::S)
        .align_y(Center);
        column![
            self.address(busy),
            self.kind(busy),
            self.secret(busy),
            self.trusted(busy),
            self.own_certificate(busy),
        ]
        .push(self.problem.as_ref().map(told))
        .push(attempt)
        .push(self.trial.view())
        .spacing(space::M)
        .into()
    }

    fn address(&self, busy: bool) -> Element<'_, Message> {
        let typed = line(ADDRESS, "https://vanban.tinh.gov.vn", &self.url)
            .on_input_maybe((!busy).then_some(Message::Url))
            .on_submit(Message::Submit);
        let complaint = self.complains.then(|| self.address_complaint()).flatten();
        field(t!("desk-settings-server"), typed, complaint)
    }

    fn kind(&self, busy: bool) -> Element<'_, Message> {
        let kinds = if busy { vec![self.speaks] } else { Speaks::ALL.to_vec() };
        let kind = choice(kinds, Some(self.speaks), String::new(), Message::Speaks);
        let quirks = (self.speaks == Speaks::Axis).then(|| {
            column![
                tick(
                    t!("desk-settings-padded-hash"),
                    self.quirks.padded_hash,
                    (!busy).then_some(Message::PaddedHash)
                ),
                tick(
                    t!("desk-settings-multipart"),
                    self.quirks.multipart,
                    (!busy).then_some(Message::Multipart)
                ),
                means(t!("desk-settings-quirks-means")),
            ]
            .spacing(space::XS)
        });
        field(t!("desk-settings-speaks"), column![kind].push(quirks).spacing(space::S), None)
    }

    fn secret(&self, busy: bool) -> Element<'_, Message> {
        let without = self.goes_without();
        let hint = match (without, self.kept.has_secret) {
            (true, _) => t!("desk-settings-secret-none"),
            (false, true) => t!("desk-settings-secret-kept"),
            (false, false) => t!("desk-settings-secret-hint"),
        };
        let typing = (!busy && !without).then_some(|typed| Message::Secret(Pin::new(typed)));
        let shown = if without { "" } else { self.secret.reveal() };
        let typed = line(SECRET, &hint, shown)
            .secure(true)
            .on_input_maybe(typing)
            .on_submit(Message::Submit);
        let alone = self.may_go_without().then(|| {
            tick(
                t!("desk-settings-without-secret"),
                self.without_secret,
                (!busy).then_some(Message::WithoutSecret),
            )
        });
        let complaint = self.complains.then(|| self.secret_complaint()).flatten();
        field(t!("desk-settings-secret"), column![typed].push(alone).spacing(space::S), complaint)
    }

    fn trusted(&self, busy: bool) -> Element<'_, Message> {
        let all = if busy { vec![self.believes] } else { Believes::ALL.to_vec() };
        let whose = choice(all, Some(self.believes), String::new(), Message::Believes);
        let file = (self.believes == Believes::File).then(|| {
            let said: Element<'_, Message> = match &self.authority {
                Some(authority) => column(authority.looks.iter().map(look)).width(Fill).into(),
                None => means(t!("desk-settings-no-authority")),
            };
            let browse = (!busy).then_some(Message::BrowseAuthority);
            let browse =
                press_as(BROWSE_AUTHORITY, Some(Icon::Folder), t!("desk-settings-browse"), browse);
            row![container(said).width(Fill), browse].spacing(space::S).align_y(Center)
        });
        let missing = self.complains && self.trust().is_none();
        field(
            t!("desk-settings-trust"),
            column![whose].push(file).spacing(space::S),
            missing.then(|| t!("desk-settings-authority-missing")),
        )
    }

    fn own_certificate(&self, busy: bool) -> Element<'_, Message> {
        let said: Element<'_, Message> = match (&self.certificate, self.shows()) {
            (Certificate::Dropped, _) => means(t!("desk-settings-line-dropped")),
            (_, Some(shown)) => look(shown),
            (_, None) => means(t!("desk-settings-line-none")),
        };
        let browse = press(
            Some(Icon::Folder),
            t!("desk-settings-browse"),
            Weight::Plain,
            (!busy).then_some(Message::BrowseCertificate),
        );
        let other = match &self.certificate {
            Certificate::Kept => self
                .kept
                .certificate
                .is_some()
                .then(|| (t!("desk-settings-line-drop"), Message::DropCertificate)),
            Certificate::New(..) | Certificate::Dropped => {
                Some((t!("desk-settings-line-keep"), Message::KeepCertificate))
            }
        };
        let other = other
            .map(|(name, message)| press(None, name, Weight::Quiet, (!busy).then_some(message)));
        field(
            t!("desk-settings-line"),
            column![
                row![container(said).width(Fill), browse]
                    .push(other)
                    .spacing(space::S)
                    .align_y(Center),
                means(t!("desk-settings-line-means"))
            ]
            .spacing(space::XS),
            None,
        )
    }
}

/// Whose certificate it is and until when.
fn look<'a>(look: &LineLook) -> Element<'a, Message> {
    let (subject, until) = (look.subject.as_str(), local_day(look.until));
    if look.until < Timestamp::now() {
        let said = t!("desk-settings-certificate-ended", subject = subject, until = until);
        text(said).size(size::BODY).color(Tone::Bad.ink()).into()
    } else {
        text(t!("desk-settings-certificate", subject = subject, until = until))
            .size(size::BODY)
            .into()
    }
}
