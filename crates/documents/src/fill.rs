//! Fills the form from what a document says, in either language.

use domain::document::{
    AgreementPaper, CertificatePaper, DamageLine, DeterminationPaper, Language, LiabilityLine,
    MediationPaper, MediationResult, OfficerLine, Paper, PaperHead, PartyLine, PaymentLine, ReviewPaper,
    RightLine, RightsPaper, ServiceLine, SignatureLine, SignatureState,
};

use crate::{
    english,
    form::{Act, Cell, Form, Right, Rights, Row, Seal, SignedLine},
    moment,
    words::{self, Word, pick},
};

/// Fills the form of this paper. A sketch that cannot be printed is said to be missing.
pub(crate) fn fill(paper: &Paper, language: Language, with_seal: bool, with_sketch: bool) -> Form {
    let pen = Pen { language };
    let (rows, acts, rights) = match paper {
        Paper::Determination(paper) => pen.determination(paper, with_sketch),
        Paper::Agreement(paper) => pen.agreement(paper, with_sketch),
        Paper::Certificate(paper) => pen.certificate(paper),
        Paper::MediationRecord(paper) => pen.mediation(paper),
        Paper::NoticeOfRights(paper) => pen.notice(paper),
        Paper::ReviewConclusion(paper) => pen.review(paper),
    };
    // The parties' own act is not the unit's: it bears no seal.
    let seal = (!matches!(paper, Paper::Agreement(_))).then(|| pen.seal(paper.head(), with_seal));
    pen.form(paper.head(), rows, acts, rights, seal)
}

type Body<'a> = (Vec<Row>, Vec<Act>, &'a [RightLine]);

/// Writes in one language.
struct Pen {
    language: Language,
}

impl Pen {
    fn form(
        &self,
        head: &PaperHead,
        rows: Vec<Row>,
        acts: Vec<Act>,
        rights: &[RightLine],
        seal: Option<Seal>,
    ) -> Form {
        let wording = &head.wording;
        let translated = self.language == Language::English;
        let translation = format!("{} {}", wording.translation.en, self.word(words::ORIGINAL_TEXT));
        Form {
            lang: if translated { "en" } else { "zh" },
            title: pick(&wording.title, self.language),
            original_title: translated.then(|| wording.title.zh.clone()),
            translation: translated.then_some(translation),
            unit_name: head.unit_name.clone(),
            number: [self.word(words::NUMBER), head.number.clone()],
            case_number: [self.word(words::CASE_NUMBER), head.case_number.clone()],
            unknown: pick(&wording.unknown, self.language),
            page: [words::PAGE, words::OF, words::PAGES].map(|word| word.pick(self.language)),
            scan: words::SCAN.pick(self.language),
            rows,
            closing: pick(&wording.closing, self.language),
            acts,
            seal,
            rights: self.rights(rights),
            verification: pick(&wording.verification, self.language),
            verify_at: words::VERIFY_AT.pick(self.language),
            verification_url: head.verification_url.clone(),
            geta: words::GETA.pick(self.language),
        }
    }

    fn determination<'a>(&self, paper: &'a DeterminationPaper, with_sketch: bool) -> Body<'a> {
        let mut rows = self.accident(&paper.head);
        rows.extend(paper.head.parties.iter().map(|party| self.party(party, &paper.liability)));
        rows.push(self.field(words::FORM, self.term(paper.accident_form.as_deref())));
        rows.push(self.text(words::FACTS, &paper.facts));
        rows.extend(paper.sketch.as_ref().map(|_| self.sketch(with_sketch)));
        rows.push(self.liability(words::DETERMINATION, &paper.head, &paper.liability, &paper.articles));
        rows.extend(self.mediation_result(paper.mediation.as_ref()));
        rows.push(self.signatures(&paper.head, &paper.signatures));
        rows.push(self.services(&paper.head, &paper.services));
        let mut acts = self.officer(words::OFFICER, &paper.officer);
        acts.push(self.act(words::ISSUED_BY, &paper.head.unit_name));
        acts.push(self.act(words::DECIDED_AT, &self.minute(paper.decided_at)));
        (rows, acts, &paper.rights)
    }

    fn agreement<'a>(&self, paper: &'a AgreementPaper, with_sketch: bool) -> Body<'a> {
        let mut rows = self.accident(&paper.head);
        rows.extend(paper.head.parties.iter().map(|party| self.party(party, &paper.liability)));
        rows.push(self.field(words::FORM, self.term(paper.accident_form.as_deref())));
        rows.push(self.text(words::AGREED_FACTS, &paper.facts));
        rows.extend(paper.sketch.as_ref().map(|_| self.sketch(with_sketch)));
        rows.push(self.liability(words::AGREED_LIABILITY, &paper.head, &paper.liability, &paper.articles));
        rows.push(self.signatures(&paper.head, &paper.signatures));
        (rows, vec![self.act(words::PROPOSED_AT, &self.minute(paper.proposed_at))], &paper.rights)
    }

    fn certificate<'a>(&self, paper: &'a CertificatePaper) -> Body<'a> {
        let mut rows = self.accident(&paper.head);
        rows.extend(paper.head.parties.iter().map(|party| self.party(party, &[])));
        rows.push(self.text(words::ESTABLISHED, &paper.facts));
        rows.push(self.text(words::OBSTACLE, &paper.reason));
        rows.push(self.lines(words::BASIS, vec![self.articles(&paper.articles)]));
        rows.push(self.services(&paper.head, &paper.services));
        let mut acts = self.officer(words::OFFICER, &paper.officer);
        acts.push(self.act(words::ISSUED_BY, &paper.head.unit_name));
        acts.push(self.act(words::ISSUED_AT, &self.minute(paper.issued_at)));
        (rows, acts, &paper.rights)
    }

    fn mediation<'a>(&self, paper: &'a MediationPaper) -> Body<'a> {
        let mut rows = self.accident(&paper.head);
        rows.push(self.field(words::BASED_ON, Some(paper.determination_number.clone())));
        rows.extend(paper.head.parties.iter().map(|party| self.party(party, &paper.liability)));
        rows.push(self.damages(&paper.damages));
        rows.push(self.payments(&paper.payments));
        rows.push(self.performance(&paper.performance));
        rows.push(self.lines(words::BASIS, vec![self.articles(&paper.articles)]));
        rows.push(self.signatures(&paper.head, &paper.signatures));
        let mut acts = self.officer(words::MEDIATOR, &paper.officer);
        acts.push(self.act(words::ISSUED_BY, &paper.head.unit_name));
        acts.push(self.act(words::AGREED_AT, &self.minute(paper.agreed_at)));
        (rows, acts, &[])
    }

    fn notice<'a>(&self, paper: &'a RightsPaper) -> Body<'a> {
        let mut rows = self.accident(&paper.head);
        for party in &paper.head.parties {
            rows.push(Row::Fields {
                cells: vec![
                    self.cell(words::PARTY, Some(self.role(&party.role))),
                    self.cell(words::NAME, party.name.clone()),
                ],
            });
        }
        for right in &paper.rights {
            let mut paragraphs = vec![pick(&right.text, self.language)];
            paragraphs.extend(self.limits(right));
            let label = pick(&right.title, self.language);
            rows.push(Row::Text { label, paragraphs, indent: false });
        }
        let acts = vec![
            self.act(words::ISSUED_BY, &paper.head.unit_name),
            self.act(words::GIVEN_AT, &self.minute(paper.given_at)),
        ];
        (rows, acts, &[])
    }

    fn review<'a>(&self, paper: &'a ReviewPaper) -> Body<'a> {
        let mut rows = self.accident(&paper.head);
        rows.push(self.field(words::BASED_ON, Some(paper.determination_number.clone())));
        rows.extend(paper.head.parties.iter().map(|party| self.party(party, &[])));
        rows.push(Row::Fields {
            cells: vec![
                self.cell(words::REQUESTED_BY, Some(self.named(&paper.head, &paper.requested_by))),
                self.cell(words::REQUESTED_AT, Some(self.minute(paper.requested_at))),
            ],
        });
        rows.push(self.text(words::REQUEST_REASON, &paper.reason));
        rows.push(self.text(words::GROUNDS, &paper.grounds));
        rows.push(self.lines(words::BASIS, vec![self.articles(&paper.articles)]));
        rows.push(self.lines(words::OUTCOME, paper.outcome.lines().map(|line| self.phrases(line)).collect()));
        let mut acts: Vec<Act> =
            paper.officers.iter().flat_map(|officer| self.officer(words::REVIEWER, officer)).collect();
        acts.push(self.act(words::ISSUED_BY, &paper.head.unit_name));
        acts.push(self.act(words::CONCLUDED_AT, &self.minute(paper.concluded_at)));
        (rows, acts, &[])
    }

    fn accident(&self, head: &PaperHead) -> Vec<Row> {
        vec![
            Row::Fields {
                cells: vec![
                    self.cell(words::OCCURRED_AT, Some(self.minute(head.occurred_at))),
                    self.cell(words::WEATHER, self.term(head.weather.as_deref())),
                ],
            },
            self.field(words::PLACE, Some(head.place.clone())),
        ]
    }

    /// A party with its grade, where the document decides one.
    fn party(&self, party: &PartyLine, liability: &[LiabilityLine]) -> Row {
        let mut cells = vec![
            self.cell(words::NAME, party.name.clone()),
            self.cell(words::IDENTITY, self.partly(party.identity.as_deref())),
            self.cell(words::PHONE, party.phone.clone()),
            self.cell(words::TRANSPORT, self.term(party.transport_mode.as_deref())),
            self.cell(words::VEHICLE, self.term(party.vehicle_kind.as_deref())),
            self.cell(words::PLATE, self.partly(party.plate.as_deref())),
            self.cell(words::INSURER, self.partly(party.insurer.as_deref())),
            self.cell(words::POLICY, party.policy_number.clone()),
            self.cell(words::IMPACT, self.term(party.impact.as_deref())),
        ];
        if !liability.is_empty() {
            let line = liability.iter().find(|line| line.role == party.role);
            cells.push(self.cell(words::GRADE, self.term(line.map(|line| line.grade.as_str()))));
        }
        if !party.remarks.is_empty() {
            let remarks: Vec<String> =
                party.remarks.iter().map(|remark| pick(remark, self.language)).collect();
            cells.push(self.cell(
                words::REMARKS,
                Some(remarks.join(match self.language {
                    Language::Chinese => "；",
                    Language::English => "; ",
                })),
            ));
        }
        Row::Party { label: self.party_name(&party.role), cells }
    }

    fn liability(&self, label: Word, head: &PaperHead, lines: &[LiabilityLine], articles: &[String]) -> Row {
        let mut paragraphs = Vec::new();
        if !articles.is_empty() {
            let basis = self.articles(articles);
            paragraphs.push(match self.language {
                Language::Chinese => format!("依据{basis}，确定责任如下："),
                Language::English => format!("Based on {basis}:"),
            });
        }
        for line in lines {
            let (who, grade) = (self.named(head, &line.role), self.value(&line.grade));
            paragraphs.push(match self.language {
                Language::Chinese => format!("{who}承担{grade}。").replace("承担无责任", "无责任"),
                Language::English => format!("{who}: {grade}."),
            });
        }
        self.lines(label, paragraphs)
    }

    fn mediation_result(&self, result: Option<&MediationResult>) -> Vec<Row> {
        let label = words::MEDIATION;
        match result {
            None => vec![self.lines(label, vec![self.word(words::NO_MEDIATION)])],
            Some(MediationResult::Ended { at, reason }) => {
                let why = pick(reason, self.language);
                let ended = self.word(words::NOT_MEDIATED);
                vec![self.lines(
                    label,
                    vec![match self.language {
                        Language::Chinese => format!("{ended}{why}（{}）", self.minute(*at)),
                        Language::English => format!("{ended} {why} ({})", self.minute(*at)),
                    }],
                )]
            }
            Some(MediationResult::Agreed { at, damages, payments, performance }) => {
                let agreed = self.word(words::MEDIATED);
                let said = match self.language {
                    Language::Chinese => format!("{}，{agreed}", self.minute(*at)),
                    Language::English => format!("{}: {agreed}", self.minute(*at)),
                };
                vec![
                    self.lines(label, vec![said]),
                    self.damages(damages),
                    self.payments(payments),
                    self.performance(performance),
                ]
            }
        }
    }

    fn damages(&self, damages: &[DamageLine]) -> Row {
        let mut rows: Vec<Vec<String>> = damages
            .iter()
            .map(|line| vec![self.role(&line.role), self.value(&line.item), self.money(line.fen)])
            .collect();
        let total = damages.iter().map(|line| line.fen).fold(0, i64::saturating_add);
        rows.push(vec![self.word(words::TOTAL), String::new(), self.money(total)]);
        let columns = [words::WHOSE, words::ITEM, words::AMOUNT].map(|word| word.pick(self.language));
        Row::Table { label: self.word(words::DAMAGES), columns: columns.to_vec(), rows }
    }

    fn payments(&self, payments: &[PaymentLine]) -> Row {
        let rows = payments
            .iter()
            .map(|line| {
                vec![
                    self.role(&line.from),
                    self.role(&line.to),
                    self.value(&line.source),
                    self.money(line.fen),
                ]
            })
            .collect();
        let columns = [words::PAID_BY, words::PAID_TO, words::SOURCE, words::AMOUNT];
        let columns = columns.map(|word| word.pick(self.language)).to_vec();
        Row::Table { label: self.word(words::PAYMENTS), columns, rows }
    }

    fn performance(&self, performance: &str) -> Row {
        self.lines(words::PERFORMANCE, performance.lines().map(|line| self.phrases(line)).collect())
    }

    fn signatures(&self, head: &PaperHead, signatures: &[SignatureLine]) -> Row {
        let lines =
            signatures.iter().enumerate().map(|(index, line)| self.signed(head, index, line)).collect();
        Row::Signatures { label: self.word(words::SIGNATURES), lines }
    }

    fn signed(&self, head: &PaperHead, index: usize, line: &SignatureLine) -> SignedLine {
        let who = self.named(head, &line.role);
        let (drawn, after) = match &line.state {
            SignatureState::Pending => (None, self.word(words::PENDING)),
            SignatureState::Signed { at } if line.image.is_some() && self.language == Language::Chinese => {
                (Some(drawn_path(index)), self.minute(*at))
            }
            SignatureState::Signed { at } => {
                (None, format!("{}　{}", self.word(words::SIGNED), self.minute(*at)))
            }
            SignatureState::Refused { at, reason, noted } => {
                let (noted, at) = (pick(noted, self.language), self.minute(*at));
                (
                    None,
                    match self.language {
                        Language::Chinese => format!("{noted}。理由：{reason}（{at}）"),
                        Language::English => format!("{noted}. Reason: {reason} ({at})"),
                    },
                )
            }
        };
        SignedLine { before: who, drawn, after }
    }

    fn services(&self, head: &PaperHead, services: &[ServiceLine]) -> Row {
        if services.is_empty() {
            return self.lines(words::SERVICE, vec![self.word(words::NOT_SERVED)]);
        }
        let line = |line: &ServiceLine| {
            let (who, manner) = (self.named(head, &line.role), pick(&line.manner, self.language));
            match self.language {
                Language::Chinese => format!("{who}：{}，{manner}。", self.minute(line.at)),
                Language::English => format!("{who}: {}, {manner}.", self.minute(line.at)),
            }
        };
        self.lines(words::SERVICE, services.iter().map(line).collect())
    }

    fn sketch(&self, with_sketch: bool) -> Row {
        let missing = (!with_sketch).then(|| words::SKETCH_MISSING.pick(self.language));
        Row::Sketch { label: self.word(words::SKETCH), missing }
    }

    fn rights(&self, rights: &[RightLine]) -> Option<Rights> {
        let entry = |right: &RightLine| {
            let limits: Vec<String> = self.limits(right).collect();
            let separator = match self.language {
                Language::Chinese => "",
                Language::English => " ",
            };
            let text = format!("{}{separator}{}", pick(&right.text, self.language), limits.join(separator));
            Right { title: pick(&right.title, self.language), text }
        };
        let entries: Vec<Right> = rights.iter().map(entry).collect();
        (!entries.is_empty()).then(|| Rights { heading: words::RIGHTS.pick(self.language), entries })
    }

    /// Until when a right can be used, and what it rests on.
    fn limits<'a>(&self, right: &'a RightLine) -> impl Iterator<Item = String> + use<'a> {
        let language = self.language;
        let articles = (!right.articles.is_empty()).then(|| Self { language }.articles(&right.articles));
        let until = right.until.map(|until| moment::last_day(until, language));
        let (until, articles) = match language {
            Language::Chinese => (
                until.map(|until| format!("{}{until}。", words::UNTIL.pick(language))),
                articles.map(|articles| format!("（{articles}）")),
            ),
            Language::English => (
                until.map(|until| format!("{} {until}.", words::UNTIL.pick(language))),
                articles.map(|articles| format!("({articles})")),
            ),
        };
        until.into_iter().chain(articles)
    }

    /// His name and number, and the line on which he signs.
    fn officer(&self, label: Word, officer: &OfficerLine) -> Vec<Act> {
        let OfficerLine { name, number } = officer;
        let badge = self.word(words::BADGE);
        let value = match self.language {
            Language::Chinese => format!("{name}　{badge}：{number}"),
            Language::English => format!("{name}, {badge}: {number}"),
        };
        vec![Act { signed: true, ..self.act(label, &value) }]
    }

    fn seal(&self, head: &PaperHead, with_seal: bool) -> Seal {
        let purpose = self.word(words::SEAL);
        match (self.language, with_seal) {
            (Language::Chinese, true) => {
                let note = self.word(words::SEAL_NOTE);
                Seal::Drawn { unit_name: head.unit_name.clone(), purpose, note }
            }
            (Language::Chinese, false) => Seal::Place(purpose),
            (Language::English, true) => Seal::Named(format!("[{}: {purpose}]", head.unit_name)),
            (Language::English, false) => Seal::Place(purpose),
        }
    }

    fn field(&self, label: Word, value: Option<String>) -> Row {
        Row::Fields { cells: vec![self.cell(label, value)] }
    }

    fn cell(&self, label: Word, value: Option<String>) -> Cell {
        Cell { label: self.word(label), value }
    }

    /// Paragraphs as people wrote them: each line feed begins a new one.
    fn text(&self, label: Word, text: &str) -> Row {
        Row::Text {
            label: self.word(label),
            paragraphs: text.lines().map(str::to_owned).collect(),
            indent: true,
        }
    }

    fn lines(&self, label: Word, paragraphs: Vec<String>) -> Row {
        Row::Text { label: self.word(label), paragraphs, indent: false }
    }

    fn act(&self, label: Word, value: &str) -> Act {
        Act { label: self.word(label), value: value.to_owned(), signed: false }
    }

    fn word(&self, word: Word) -> String {
        word.pick(self.language).to_owned()
    }

    fn minute(&self, at: chrono::DateTime<chrono::Utc>) -> String {
        moment::minute(at, self.language)
    }

    fn money(&self, fen: i64) -> String {
        moment::money(fen, self.language)
    }

    /// A printed term of the rules.
    fn value(&self, value: &str) -> String {
        match self.language {
            Language::Chinese => value.to_owned(),
            Language::English => english::term(value),
        }
    }

    /// A sentence of the rules around what people wrote.
    fn phrases(&self, text: &str) -> String {
        match self.language {
            Language::Chinese => text.to_owned(),
            Language::English => english::phrases(text),
        }
    }

    fn partly(&self, value: Option<&str>) -> Option<String> {
        value.map(|value| self.phrases(value))
    }

    fn term(&self, value: Option<&str>) -> Option<String> {
        value.map(|value| self.value(value))
    }

    fn articles(&self, articles: &[String]) -> String {
        match self.language {
            Language::Chinese => articles.join("、"),
            Language::English => {
                articles.iter().map(|article| english::article(article)).collect::<Vec<_>>().join("; ")
            }
        }
    }

    fn role(&self, role: &str) -> String {
        match self.language {
            Language::Chinese => role.to_owned(),
            Language::English => english::role(role),
        }
    }

    /// 当事人甲, Party A.
    fn party_name(&self, role: &str) -> String {
        match self.language {
            Language::Chinese => format!("当事人{role}"),
            Language::English => format!("Party {}", self.role(role)),
        }
    }

    /// 当事人甲（张三）, Party A (张三).
    fn named(&self, head: &PaperHead, role: &str) -> String {
        let party = head.parties.iter().find(|party| party.role == role);
        let name = party.and_then(|party| party.name.clone()).filter(|name| !name.trim().is_empty());
        let name = name.unwrap_or_else(|| pick(&head.wording.unknown, self.language));
        match self.language {
            Language::Chinese => format!("{}（{name}）", self.party_name(role)),
            Language::English => format!("{} ({name})", self.party_name(role)),
        }
    }
}

/// Where the template finds the drawn signature of this line.
pub(crate) fn drawn_path(index: usize) -> String {
    format!("/signature-{index}.png")
}
