//! Service (送达): that a party opened a document, agreed to be served online, or was served by an officer; and the
//! text message that says a document is there.

use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Officer},
    digest::Digest,
    document::DocumentKind,
    event::{Event, ServiceManner},
    identifiers::CaseId,
    journal::Actor,
    role::PartyRole,
};
use store::Work;

use super::codes::kind;
use crate::{
    access::{Driver, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
};

impl App {
    /// Notes that this party opened this document of the case, once; it stands in the journal when this returns.
    /// To be called before the bytes are given out.
    pub(crate) async fn note_opening(
        &self,
        by: Driver,
        case: &Case,
        document: Digest,
    ) -> Result<(), AppError> {
        let (_, events) = case.clone().open_document(by.0, document, self.now())?;
        if events.is_empty() {
            return Ok(());
        }
        self.write(async || {
            let case = self.case_for_driver(case.id, by).await?;
            let now = self.now();
            let (mut case, events) = case.open_document(by.0, document, now)?;
            let mut work = Work::new();
            if !events.is_empty() {
                self.record(&mut work, &mut case, by.actor(), now, events)?;
                work.save_case(&mut case)?;
            }
            Ok(Prepared { value: (), work })
        })
        .await
    }

    /// A party agrees that documents are served to it online (APR §36).
    pub async fn agree_to_service(&self, by: Driver, id: CaseId) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let (case, event) = self.case_for_driver(id, by).await?.agree_to_service(by.0, now)?;
        self.noted(by.actor(), case, event, now)
    }

    /// An officer notes that the final document was handed over on paper, or that the party refused to receive it.
    pub async fn record_service(
        &self,
        by: &Officer,
        id: CaseId,
        role: PartyRole,
        document: Digest,
        manner: ServiceManner,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let case = self.case_for_officer(id, by).await?;
        let (case, event) = case.record_service(by, role, document, manner, now)?;
        self.noted(officer_actor(by), case, Some(event), now)
    }

    fn noted(
        &self,
        actor: Actor,
        mut case: Case,
        event: Option<Event>,
        now: DateTime<Utc>,
    ) -> Result<Prepared<Case>, AppError> {
        let mut work = Work::new();
        if event.is_some() {
            self.record(&mut work, &mut case, actor, now, event)?;
            work.save_case(&mut case)?;
        }
        Ok(Prepared { value: case, work })
    }

    /// Tells every party with a phone that a final document is there: its kind, the case and where to look, nothing
    /// about anybody.
    pub(crate) fn announce(&self, work: &mut Work, case: &Case, of: DocumentKind) -> Result<(), AppError> {
        let (what, number, link) = (kind(of), &case.number, &self.parts.public_url);
        for phone in case.parties.iter().filter_map(|party| party.details.phone.as_ref()) {
            let text = format!("【快处】案件{number}的{what}已生成，请登录查看并领取：{link}");
            self.text(work, case.id, phone, text, self.now())?;
        }
        Ok(())
    }
}
