//! The sheaf on the left, the chosen page on the right, the document's name below.

use iced::widget::image::Image;
use iced::widget::{Space, column, container, progress_bar, row, scrollable};
use iced::{Center, Fill};

use super::{Digitise, LIST, LIST_HEIGHT, Message, ROW, SUBJECT};
use crate::desk::dialog::{Frame, frame};
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::{badge, banner};
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{press, tool, wide};
use crate::desk::widget::windowed::windowed;
use crate::desk::widget::{Element, text};
use crate::domain::paper::{Ink, Remark, SheafPage};
use crate::office::labels;
use crate::office::scan::Wish;
use crate::t;

/// Room of the chosen page.
const ROOM: (f32, f32) = (420.0, 314.0);

impl Digitise {
    pub(super) fn sheet(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let body: Element<'_, Message> = if self.bench.is_none() {
            text(t!("desk-loading")).size(size::BODY).into()
        } else {
            let found = (self.found && !busy).then(|| {
                let count = self.pages().len();
                banner(Icon::History, t!("desk-digitise-found", count = count), None, Tone::Info)
            });
            column![]
                .push(found)
                .push(self.sources(busy))
                .push(row![self.list(busy), self.chosen(busy)].spacing(space::L))
                .push(remarks_view(&self.cite, &self.remarks))
                .push(self.progress_view())
                .push(field(
                    t!("desk-digitise-subject"),
                    line(SUBJECT, &t!("desk-digitise-subject-hint"), &self.subject)
                        .on_input_maybe((!busy).then_some(Message::Subject))
                        .on_submit(Message::Submit),
                    None,
                ))
                .spacing(space::S)
                .into()
        };
        let label =
            if self.may_seal { t!("desk-digitise-go") } else { t!("desk-digitise-go-alone") };
        frame(Frame {
            icon: Icon::FileText,
            title: t!("desk-digitise"),
            width: 1240.0,
            body,
            stage: Some(&self.stage),
            go: Some((
                format!("{label} (Ctrl+Enter)"),
                Weight::Primary,
                self.is_ready().then_some(Message::Submit),
            )),
            close: Message::Close,
        })
    }

    /// Where pages come from, and what can be done with all of them.
    fn sources(&self, busy: bool) -> Element<'_, Message> {
        let free = |message| (!busy).then_some(message);
        let files = press(
            Some(Icon::Folder),
            t!("desk-digitise-files"),
            Weight::Plain,
            free(Message::Browse),
        );
        let scanners = self.scanners.iter().map(|scanner| {
            let label = t!("desk-digitise-scan", name = scanner.name);
            let scan = free(Message::Scan(scanner.id.clone()));
            press(Some(Icon::Inbox), label, Weight::Plain, scan)
        });
        // What is set at the device is not asked here.
        let heeds = self.scanners.iter().any(|scanner| scanner.heeds);
        let resolutions = Wish::RESOLUTIONS.into_iter().filter(|_| heeds).map(|dpi| {
            let weight = if dpi == self.wish.dpi { Weight::Chosen } else { Weight::Quiet };
            press(None, format!("{dpi} dpi"), weight, free(Message::Resolution(dpi)))
        });
        let blank = self.blank();
        let blank = (!blank.is_empty()).then(|| {
            let pages: Vec<_> = blank.iter().map(|(number, _)| number.to_string()).collect();
            let label = t!("desk-digitise-blank", pages = pages.join(", "));
            press(Some(Icon::Trash), label, Weight::Plain, free(Message::DropBlank))
        });
        let leaning = self.leaning().len();
        let level = (leaning > 0).then(|| {
            let label = t!("desk-digitise-level-all", count = leaning);
            press(Some(Icon::Check), label, Weight::Plain, free(Message::LevelAll))
        });
        let can_undo = self.bench.as_ref().is_some_and(|bench| bench.can_undo());
        let undo = can_undo.then(|| {
            press(Some(Icon::Undo), t!("desk-digitise-undo"), Weight::Quiet, free(Message::Undo))
        });
        let discard = (!self.pages().is_empty()).then(|| {
            let gone = free(Message::Discard).filter(|_| !self.is_keeping());
            press(Some(Icon::Cross), t!("desk-digitise-discard"), Weight::Danger, gone)
        });
        row![files]
            .extend(scanners)
            .extend(resolutions)
            .push(blank)
            .push(level)
            .push(undo)
            .push(discard)
            .spacing(space::S)
            .wrap()
            .vertical_spacing(space::XS)
            .into()
    }

    fn list(&self, busy: bool) -> Element<'_, Message> {
        let pages = self.pages();
        if pages.is_empty() {
            let words =
                if self.is_keeping() { t!("desk-loading") } else { t!("desk-digitise-empty") };
            return container(text(words).size(size::BODY).color(theme::INK_SOFT))
                .padding(space::L)
                .width(Fill)
                .height(LIST_HEIGHT)
                .style(theme::framed)
                .into();
        }
        let window = windowed(pages.len(), ROW, self.offset, LIST_HEIGHT);
        let first = window.rows.start;
        let rows = pages.get(window.rows.clone()).unwrap_or_default().iter().enumerate();
        let rows = rows.map(|(i, page)| self.row(first + i + 1, page, busy));
        let content = column![Space::new().height(window.above)]
            .extend(rows)
            .push(Space::new().height(window.below))
            .width(Fill);
        container(
            scrollable(content)
                .id(LIST)
                .on_scroll(|viewport| Message::Scrolled(viewport.absolute_offset().y))
                .height(LIST_HEIGHT)
                .width(Fill)
                .style(theme::scroll),
        )
        .width(Fill)
        .style(theme::framed)
        .into()
    }

    fn row<'a>(&'a self, number: usize, page: &'a SheafPage, busy: bool) -> Element<'a, Message> {
        let small: Element<'a, Message> = match self.pictures.of(page, false) {
            Ok(Some(handle)) => Image::new(handle.clone()).height(80).into(),
            Ok(None) => tinted(Icon::Hourglass, theme::INK_SOFT).into(),
            Err(()) => tinted(Icon::Warning, Tone::Warn.ink()).into(),
        };
        let small = container(small).width(84).height(84).align_x(Center).align_y(Center);
        let (width, height) = page.shown_mm();
        let paper = page.format().map_or_else(
            || t!("desk-digitise-size", width = width.round(), height = height.round()),
            str::to_owned,
        );
        let scan = page.scan.map_or_else(
            || "PDF".to_owned(),
            |scan| {
                let ink = match scan.ink {
                    Ink::Colour => t!("desk-digitise-colour"),
                    Ink::Grey => t!("desk-digitise-grey"),
                    Ink::Bilevel => t!("desk-digitise-bilevel"),
                };
                format!("{} dpi · {ink}", scan.dpi.round())
            },
        );
        let look = self.looks.get(&page.id);
        let blank = look
            .is_some_and(|look| look.blank)
            .then(|| badge(Icon::Info, t!("desk-digitise-is-blank"), Tone::Warn));
        let lean =
            look.and_then(|look| look.lean).filter(|lean| *lean != page.tenths).map(|lean| {
                badge(Icon::Info, t!("desk-digitise-leans", angle = degrees(lean)), Tone::Info)
            });
        let words = column![
            text(t!("desk-digitise-page", number = number)).font(BOLD).size(size::BODY),
            text(format!("{paper} · {scan}")).size(size::CAPTION),
            text(&page.name).size(size::CAPTION).color(theme::INK_SOFT),
            row![].push(blank).push(lean).spacing(space::XS),
        ]
        .spacing(1.0);
        let content = container(row![small, words.width(Fill)].spacing(space::S).align_y(Center))
            .height(ROW - 8.0);
        let chosen = self.selected == Some(page.id);
        container(wide(content, chosen, (!busy).then_some(Message::Select(page.id))))
            .height(ROW)
            .into()
    }

    /// The chosen page, as it will be, and what can be done with it.
    fn chosen(&self, busy: bool) -> Element<'_, Message> {
        let Some(page) = self.page() else {
            return Space::new().width(ROOM.0).into();
        };
        let shown: Element<'_, Message> = match self.pictures.of(page, true) {
            Ok(Some(handle)) => Image::new(handle.clone()).width(Fill).height(Fill).into(),
            Ok(None) => text(t!("desk-loading")).size(size::BODY).color(theme::INK_SOFT).into(),
            Err(()) => {
                text(t!("desk-digitise-not-drawn")).size(size::BODY).color(Tone::Warn.ink()).into()
            }
        };
        let free = |message| (!busy).then_some(message);
        let proposed = self.looks.get(&page.id).and_then(|look| look.lean);
        let level = proposed.filter(|lean| *lean != page.tenths).map(|lean| {
            let label = t!("desk-digitise-level", angle = degrees(lean));
            press(None, label, Weight::Plain, free(Message::Level))
        });
        let upright = (page.tenths != 0)
            .then(|| tool(Icon::Cross, t!("desk-digitise-upright"), free(Message::Upright)));
        let angle = row![
            tool(Icon::ChevronLeft, t!("desk-digitise-lean-left"), free(Message::Lean(-1))),
            text(degrees(page.tenths)).size(size::BODY),
            tool(Icon::ChevronRight, t!("desk-digitise-lean-right"), free(Message::Lean(1))),
        ]
        .push(upright)
        .push(level)
        .spacing(space::XS)
        .align_y(Center);
        let deeds = row![
            press(None, t!("desk-digitise-turn-left"), Weight::Plain, free(Message::Turn(3))),
            press(None, t!("desk-digitise-turn-right"), Weight::Plain, free(Message::Turn(1))),
            press(None, t!("desk-digitise-up"), Weight::Plain, free(Message::Move(false))),
            press(None, t!("desk-digitise-down"), Weight::Plain, free(Message::Move(true))),
            tool(Icon::Trash, t!("desk-digitise-remove"), free(Message::Remove)),
        ]
        .spacing(space::XS);
        let room = container(shown)
            .width(ROOM.0)
            .height(ROOM.1)
            .align_x(Center)
            .align_y(Center)
            .padding(space::XS)
            .style(theme::ground(theme::CANVAS));
        column![room, angle, deeds].spacing(space::XS).width(ROOM.0).into()
    }

    fn progress_view(&self) -> Option<Element<'_, Message>> {
        let (done, all) = self.progress?;
        let stopping = self.cancel.is_cancelled();
        let label = if stopping { t!("desk-batch-stopping") } else { t!("desk-batch-stop") };
        Some(
            row![
                text(t!("desk-digitise-running", done = done, all = all)).size(size::BODY),
                progress_bar(0.0..=(all.max(1) as f32), done as f32).girth(8),
                press(None, label, Weight::Plain, (!stopping).then_some(Message::Stop)),
            ]
            .spacing(space::S)
            .align_y(Center)
            .into(),
        )
    }
}

/// What is not as the regulation wants it; the clerk decides.
fn remarks_view<'a>(cite: &str, remarks: &[(Remark, Vec<u32>)]) -> Option<Element<'a, Message>> {
    if remarks.is_empty() {
        return None;
    }
    let lines: Vec<_> = remarks
        .iter()
        .map(|(remark, pages)| {
            let pages: Vec<_> = pages.iter().map(ToString::to_string).collect();
            t!("desk-digitise-remark", pages = pages.join(", "), remark = labels::remark(*remark))
        })
        .collect();
    let cite = t!("desk-digitise-decide", cite = cite);
    Some(banner(Icon::Warning, lines.join("; "), Some(cite), Tone::Warn))
}

/// `1,3°` for thirteen tenths, as Vietnamese writes decimals; clockwise is positive.
fn degrees(tenths: i16) -> String {
    let sign = if tenths < 0 { "−" } else { "" };
    format!("{sign}{},{}°", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}
