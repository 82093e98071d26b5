//! The directory through the gateway.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::{Answered, App, Asked, Failed, data};
use crate::domain::agency::Agency;
use crate::domain::calendar;
use crate::exchange::axis::wire::{AgencyRow, ErrorCode, UnitRow};
use crate::server::storage::now;

/// `getAgenciesList`.
pub(in crate::server::api) async fn list(
    State(shared): App,
    headers: HeaderMap,
) -> Answered<Response> {
    Asked::of(&headers, &shared).await?;
    let directory = shared.storage.agencies(0).await?;
    Ok(data(directory.agencies.into_iter().map(row).collect::<Vec<_>>()))
}

/// `getSynchronizeUnit`: the agencies that have changed after `version`, all where it is not
/// said. `modifyDate` is the day of the last change of a name, or of its end.
pub(in crate::server::api) async fn units(
    State(shared): App,
    headers: HeaderMap,
) -> Answered<Response> {
    let asked = Asked::of(&headers, &shared).await?;
    let version = match asked.fields.get("version").map(str::trim) {
        None | Some("") => 0,
        Some(text) => text
            .parse()
            .map_err(|_| Failed::new(ErrorCode::Processing, "the version is not a number"))?,
    };
    let directory = shared.storage.agencies(version).await?;
    let today = calendar::local(now()).date();
    let unit = |agency: Agency| {
        let ending = agency.ending.as_ref().map(|ending| ending.on);
        let changed = agency.periods().into_iter().filter_map(|period| period.from).max();
        let changed = ending.into_iter().chain(changed).max();
        UnitRow {
            version: directory.version,
            // The directory knows of no centre.
            center_code: String::new(),
            deleted: agency.ended_by(today).is_some(),
            modify_date: changed.map_or(String::new(), |day| day.strftime("%Y/%m/%d").to_string()),
            is_agency: true,
            agency: row(agency),
        }
    };
    Ok(data(directory.agencies.into_iter().map(unit).collect::<Vec<_>>()))
}

/// `registerAgency` and `deleteAgency`: agencies are the operator's business here.
pub(in crate::server::api) async fn not_here(
    State(shared): App,
    headers: HeaderMap,
) -> Answered<Response> {
    Asked::of(&headers, &shared).await?;
    Err(Failed::new(ErrorCode::Processing, "agencies are registered by the server's operator"))
}

fn row(agency: Agency) -> AgencyRow {
    AgencyRow {
        id: agency.code.to_string(),
        pid: agency.parent.map(|parent| parent.to_string()).unwrap_or_default(),
        code: agency.code.to_string(),
        name: agency.name,
        mail: agency.email,
    }
}
