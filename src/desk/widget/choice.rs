//! One of several: a picker for the mouse that arrow keys step through.

use iced::Length;
use iced::widget::pick_list;

use super::focus::{Step, focus};
use super::{Element, LINE_HEIGHT};
use crate::desk::theme::{self, size, space};

/// The menu's height at most, in logical pixels.
const MENU: f32 = 260.0;

/// A picker. With focus, Up and Down take the option before and after.
pub fn choice<'a, T, Message>(
    options: Vec<T>,
    selected: Option<T>,
    placeholder: String,
    on_select: impl Fn(T) -> Message + Clone + 'a,
) -> Element<'a, Message>
where
    T: ToString + PartialEq + Clone + 'a,
    Message: Clone + 'a,
{
    let by_key = {
        let (options, selected, on_select) = (options.clone(), selected.clone(), on_select.clone());
        move |step| stepped(&options, selected.as_ref(), step).map(&on_select)
    };
    // As high as its options, and no higher than the eye takes in; beyond that it scrolls.
    let row = (size::BODY * LINE_HEIGHT).ceil() + 2.0 * space::XS;
    let menu = (row * options.len() as f32).min(MENU);
    let list = pick_list(options, selected, on_select)
        .placeholder(placeholder)
        .text_size(size::BODY)
        .text_line_height(LINE_HEIGHT)
        .padding([space::XS, space::S])
        .width(Length::Fill)
        .menu_height(menu)
        .style(theme::picker)
        .menu_style(theme::menu);
    // With no options there is nowhere to step to, and the picker is skipped by Tab.
    match (by_key(Step::Back), by_key(Step::Forward)) {
        (Some(back), Some(forward)) => focus(list)
            .on_step(move |step| match step {
                Step::Back => back.clone(),
                Step::Forward => forward.clone(),
            })
            .into(),
        _ => list.into(),
    }
}

/// The option one step away; the ends hold.
fn stepped<T: PartialEq + Clone>(options: &[T], selected: Option<&T>, step: Step) -> Option<T> {
    let last = options.len().checked_sub(1)?;
    let at = selected.and_then(|selected| options.iter().position(|option| option == selected));
    let next = match (at, step) {
        (None, _) => 0,
        (Some(at), Step::Back) => at.saturating_sub(1),
        (Some(at), Step::Forward) => (at + 1).min(last),
    };
    options.get(next).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stop_at_the_ends() {
        let options = [1, 2, 3];
        assert_eq!(stepped(&options, None, Step::Forward), Some(1));
        assert_eq!(stepped(&options, Some(&1), Step::Back), Some(1));
        assert_eq!(stepped(&options, Some(&1), Step::Forward), Some(2));
        assert_eq!(stepped(&options, Some(&3), Step::Forward), Some(3));
        assert_eq!(stepped::<i32>(&[], None, Step::Forward), None);
    }
}
