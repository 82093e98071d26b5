//! How the register books look: choices above, the table, the chosen line in full below.

use iced::widget::{
    Space, column, container, mouse_area, opaque, progress_bar, row, scrollable, sensor,
};
use iced::{Center, Fill, FillPortion, Length};

use super::{Books, JUMP, Message, ROW, ROWS, export};
use crate::desk::document::day;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::line;
use crate::desk::widget::focus::focus;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{press, tool};
use crate::desk::widget::sheet::sheet;
use crate::desk::widget::shortened::shortened;
use crate::desk::widget::told::told;
use crate::desk::widget::windowed::windowed;
use crate::desk::widget::{Element, text};
use crate::domain::book::{Book, Direction};
use crate::office::book::{BookLine, Format, Output};
use crate::t;

/// A choice in a picker: what it is, and how it reads.
#[derive(Debug, Clone)]
struct Named<T>(T, String);

impl<T: PartialEq> PartialEq for Named<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> std::fmt::Display for Named<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.1)
    }
}

/// Widths of the columns: fixed for numbers and dates, portions for the rest.
#[derive(Clone, Copy)]
enum Width {
    Fixed(f32),
    Part(u16),
}

impl Books {
    pub(super) fn sheet(&self) -> Element<'_, Message> {
        let head = column![self.choices(), self.narrowing()].spacing(space::S);
        let foot = column![self.chosen()]
            .push(self.stage.problem().map(told))
            .push(self.progress())
            .push(self.buttons())
            .spacing(space::S);
        let card = sheet(head.into(), self.table(), foot.into(), space::S);
        opaque(
            container(container(card).padding(space::M).width(Fill).style(theme::card))
                .padding(space::S)
                .center(Fill)
                .style(theme::veil),
        )
    }

    fn choices(&self) -> Element<'_, Message> {
        let outputs: Vec<Named<Output>> = Output::ALL
            .into_iter()
            .map(|output| Named(output, t!(&format!("book-title-{}", output.key()))))
            .collect();
        let output = outputs.iter().find(|named| named.0 == self.output).cloned();
        let year = |year: i16| Named(year, t!("book-cover-year", year = year.to_string()));
        let years: Vec<Named<i16>> = self.years.iter().map(|one| year(*one)).collect();
        let named = |book: &Book| Named(book.id.series.clone(), book_name(book));
        let books: Vec<Named<String>> = self.books.iter().map(named).collect();
        let book = self.book().map(named);
        let state = self.book().map(|book| match &book.closed {
            Some(closed) => {
                badge(Icon::Lock, t!("desk-book-closed", reason = closed.reason), Tone::Neutral)
            }
            None => badge(Icon::Book, t!("desk-book-last", last = book.last), Tone::Info),
        });
        row![
            tinted(Icon::Book, theme::ACCENT).size(size::HEADLINE),
            container(choice(outputs, output, String::new(), |named| Message::Output(named.0)))
                .width(340),
            container(choice(years, Some(year(self.year)), String::new(), |named| {
                Message::Year(named.0)
            }))
            .width(130),
            container(choice(books, book, String::new(), |named| Message::Book(named.0)))
                .width(230),
            // Always there, so that the field behind it keeps the keyboard when it fills.
            container(row![].push(state)),
        ]
        .push(Space::new().width(Fill))
        .push(text(t!("desk-book-jump")).size(size::BODY))
        .push(
            line(JUMP, &t!("desk-book-jump-hint"), &self.jump)
                .on_input(Message::Jump)
                .on_submit(Message::Go)
                .width(90),
        )
        .spacing(space::S)
        .align_y(Center)
        .into()
    }

    fn narrowing(&self) -> Element<'_, Message> {
        let typed = |id, hint: String, value: &str, width: f32| {
            line(id, &hint, value).on_submit(Message::Narrow).width(width)
        };
        let mut types = vec![Named(String::new(), t!("desk-book-any-type"))];
        types.extend(self.types.iter().map(|(key, name)| Named(key.clone(), name.clone())));
        let chosen = types.iter().find(|named| named.0 == self.typed.type_key).cloned();
        let from = typed("book-from", t!("desk-book-from"), &self.typed.from, 110.0);
        let until = typed("book-until", t!("desk-book-until"), &self.typed.until, 110.0);
        let party = match self.output.direction() {
            Direction::Inbound => t!("desk-book-party"),
            Direction::Outbound => t!("desk-book-recipient"),
        };
        let narrowed = self.filter().is_none_or(|filter| !filter.is_empty());
        row![
            from.on_input(Message::From),
            until.on_input(Message::Until),
            typed("book-party", party, &self.typed.party, 190.0).on_input(Message::Party),
            container(choice(types, chosen, String::new(), |named| Message::Type(named.0)))
                .width(190),
        ]
        .push((self.output.direction() == Direction::Inbound).then(|| {
            typed("book-to", t!("desk-book-to"), &self.typed.to, 170.0).on_input(Message::To)
        }))
        .push(press(Some(Icon::Search), t!("desk-book-narrow"), Weight::Plain, {
            self.filter().is_some().then_some(Message::Narrow)
        }))
        .push(narrowed.then(|| tool(Icon::Cross, t!("desk-book-widen"), Some(Message::Widen))))
        .push(
            self.filter().is_none().then(|| {
                text(t!("desk-due-unreadable")).size(size::CAPTION).color(Tone::Bad.ink())
            }),
        )
        .spacing(space::S)
        .align_y(Center)
        .into()
    }

    fn columns(&self) -> Vec<(Width, String)> {
        use Width::{Fixed, Part};
        match self.output {
            Output::Inbound | Output::Day | Output::Data => vec![
                (Fixed(72.0), t!("desk-book-arrival")),
                (Fixed(86.0), t!("desk-book-arrived")),
                (Part(11), t!("book-column-author")),
                (Part(8), t!("desk-book-code")),
                (Fixed(86.0), t!("desk-book-issued")),
                (Part(22), t!("desk-book-title")),
                (Part(8), t!("desk-book-to")),
                (Fixed(86.0), t!("book-column-forwarded")),
                (Part(8), t!("book-column-note")),
            ],
            Output::Settlement => vec![
                (Fixed(72.0), t!("desk-book-arrival")),
                (Part(22), t!("desk-book-title")),
                (Part(10), t!("book-column-author")),
                (Part(9), t!("desk-book-to")),
                (Fixed(86.0), t!("desk-book-due")),
                (Part(9), t!("desk-book-progress")),
                (Part(8), t!("book-column-note")),
            ],
            Output::Outbound => vec![
                (Fixed(60.0), t!("desk-book-number")),
                (Part(8), t!("desk-book-code")),
                (Fixed(86.0), t!("desk-book-issued")),
                (Part(22), t!("desk-book-title")),
                (Part(9), t!("book-column-signer")),
                (Part(12), t!("desk-book-recipient")),
                (Fixed(86.0), t!("desk-book-issued-on")),
                (Part(8), t!("book-column-note")),
            ],
        }
    }

    fn cells(&self, line: &BookLine) -> Vec<String> {
        let date = |date: Option<jiff::civil::Date>| date.map(day).unwrap_or_default();
        let note = match (line.corrected, line.note.as_str()) {
            (false, note) => note.to_owned(),
            (true, "") => t!("desk-book-corrected"),
            (true, note) => format!("{}; {note}", t!("desk-book-corrected")),
        };
        let l = line.clone();
        match self.output {
            Output::Inbound | Output::Day | Output::Data => vec![
                l.written,
                date(l.date),
                l.party,
                l.code,
                date(l.issued),
                l.title,
                l.to,
                date(l.forwarded),
                note,
            ],
            Output::Settlement => {
                vec![l.written, l.title, l.party, l.to, date(l.due), l.state, note]
            }
            Output::Outbound => vec![
                l.written,
                l.code,
                date(l.issued),
                l.title,
                l.signer,
                l.party,
                date(l.forwarded),
                note,
            ],
        }
    }

    fn table(&self) -> Element<'_, Message> {
        let columns = self.columns();
        let titles = columns.iter().map(|(width, title)| {
            cell(shortened(title.clone(), size::CAPTION, BOLD, Some(theme::INK_SOFT)), *width)
        });
        let head = container(row(titles).spacing(space::S))
            .padding([3.0, space::M])
            .style(theme::ground(theme::SIDE));
        let body = sensor(self.rows(&columns)).on_show(Message::Sized).on_resize(Message::Sized);
        container(column![head, body]).height(Fill).width(Fill).style(theme::framed).into()
    }

    fn rows(&self, columns: &[(Width, String)]) -> Element<'_, Message> {
        if self.lines.is_empty() {
            let said = match (&self.fetching, self.filter()) {
                (Some(_), _) => t!("desk-loading"),
                (None, Some(filter)) if filter.is_empty() => t!("desk-book-empty"),
                (None, _) => t!("desk-book-nothing"),
            };
            return container(text(said).size(size::BODY).color(theme::INK_SOFT))
                .center(Fill)
                .style(theme::ground(theme::SURFACE))
                .into();
        }
        let window = windowed(self.lines.len(), ROW, self.offset, self.height);
        let first = window.rows.start;
        let shown = self.lines.get(window.rows.clone()).unwrap_or_default();
        let built = shown.iter().enumerate().map(|(i, line)| {
            let index = first + i;
            let ink = if line.given_up { Some(theme::INK_SOFT) } else { None };
            let cells = self.cells(line).into_iter().zip(columns).enumerate();
            let cells = cells.map(|(place, (words, (width, _)))| {
                let font = if place == 0 { BOLD } else { theme::REGULAR };
                cell(shortened(words, size::BODY, font, ink), *width)
            });
            mouse_area(
                container(row(cells).spacing(space::S).align_y(Center))
                    .padding([0.0, space::M])
                    .height(ROW)
                    .width(Fill)
                    .center_y(ROW)
                    .clip(true)
                    .style(theme::list_row(index == self.at, index % 2 == 1)),
            )
            .on_press(Message::Select(index))
            .on_double_click(Message::Open)
            .into()
        });
        let content = column![Space::new().height(window.above)]
            .extend(built)
            .push(Space::new().height(window.below))
            .width(Fill);
        focus(
            scrollable(content)
                .id(ROWS)
                .on_scroll(|viewport| Message::Scrolled {
                    offset: viewport.absolute_offset().y,
                    height: viewport.bounds().height,
                })
                .width(Fill)
                .height(Fill)
                .style(theme::scroll),
        )
        .inset()
        .into()
    }

    /// The chosen line in full: what a narrow column cuts off is read here.
    fn chosen(&self) -> Element<'_, Message> {
        let Some(line) = self.selected() else { return Space::new().height(40).into() };
        let caption = |words: String| text(words).size(size::CAPTION).color(theme::INK_SOFT);
        let head = [line.written.clone(), line.code.clone(), line.party.clone(), line.to.clone()];
        let head: Vec<String> = head.into_iter().filter(|part| !part.is_empty()).collect();
        let corrected =
            line.corrected.then(|| badge(Icon::Pen, t!("desk-book-corrected-means"), Tone::Warn));
        let tail = if line.note.is_empty() { line.state.clone() } else { line.note.clone() };
        container(
            column![
                row![text(head.join(" · ")).size(size::BODY).font(BOLD).width(Fill)]
                    .push(corrected)
                    .spacing(space::S)
                    .align_y(Center),
                shortened(line.title.clone(), size::BODY, theme::REGULAR, None),
                caption(tail),
            ]
            .spacing(0),
        )
        .padding([space::XS, space::S])
        .width(Fill)
        .style(theme::ground(theme::CANVAS))
        .into()
    }

    fn progress(&self) -> Option<Element<'_, Message>> {
        if let Some(running) = &self.running {
            let total = running.total.max(1) as f32;
            let stopping = running.cancel.is_cancelled();
            let label = if stopping { t!("desk-batch-stopping") } else { t!("desk-batch-stop") };
            let stop = (!stopping).then_some(Message::Export(export::Message::Cancel));
            return Some(
                row![
                    text(t!("desk-book-writing", done = running.done, total = running.total))
                        .size(size::BODY),
                    progress_bar(0.0..=total, running.done as f32).girth(10),
                    press(None, label, Weight::Plain, stop),
                ]
                .spacing(space::M)
                .align_y(Center)
                .into(),
            );
        }
        let written = self.written.as_ref()?;
        let exported = &written.exported;
        let said = t!("desk-book-written", lines = exported.lines, file = exported.path.display());
        let label = match written.format {
            Format::Pdf => t!("desk-book-show-pdf"),
            Format::Xlsx | Format::Csv => t!("desk-book-show"),
        };
        let show = Some(Message::Export(export::Message::Show));
        let warned = (exported.neutralised > 0).then(|| {
            text(t!("book-neutralised", count = exported.neutralised))
                .size(size::CAPTION)
                .color(Tone::Warn.ink())
        });
        Some(
            column![
                row![
                    tinted(Icon::CheckCircle, Tone::Good.ink()),
                    shortened(said, size::BODY, theme::REGULAR, Some(Tone::Good.ink())),
                    press(None, label, Weight::Plain, show),
                ]
                .spacing(space::S)
                .align_y(Center)
            ]
            .push(warned)
            .into(),
        )
    }

    fn buttons(&self) -> Element<'_, Message> {
        let free = self.running.is_none() && self.filter().is_some();
        let save = |label: String, format: Format| {
            press(Some(Icon::Upload), label, Weight::Plain, free.then_some(Message::Save(format)))
        };
        row![
            text(t!("desk-book-print-means"))
                .size(size::CAPTION)
                .color(theme::INK_SOFT)
                .width(Fill),
            save(format!("{} (Ctrl+P)", t!("desk-book-pdf")), Format::Pdf),
            save(t!("desk-book-xlsx"), Format::Xlsx),
            save(t!("desk-book-csv"), Format::Csv),
            press(
                None,
                format!("{} (Enter)", t!("desk-book-open")),
                Weight::Primary,
                self.selected_key().map(|_| Message::Open)
            ),
            press(None, format!("{} (Esc)", t!("desk-close")), Weight::Plain, Some(Message::Close)),
        ]
        .spacing(space::S)
        .align_y(Center)
        .into()
    }
}

/// The name of a book as a picker shows it.
pub(in crate::desk) fn book_name(book: &Book) -> String {
    match (book.name.is_empty(), book.id.series.is_empty()) {
        (true, true) => t!("book-common"),
        (true, false) => book.id.series.clone(),
        (false, _) => format!("{} ({})", book.name, book.id.series),
    }
}

fn cell(content: Element<'_, Message>, width: Width) -> Element<'_, Message> {
    let width = match width {
        Width::Fixed(width) => Length::Fixed(width),
        Width::Part(part) => FillPortion(part),
    };
    container(content).width(width).into()
}
