//! Service of documents: with the party's consent by opening the final one, on paper or refused as an officer notes; and
//! the text message that says it is there.

use serde_json::{Value, json};
use testkit::on_both;
use tests::{
    client::Session,
    signing::{drawing, signature_body},
};

use crate::{
    people::{ann, ben},
    scenes::{Scene, journal},
    support::{TestService, until},
};

/// How this party stands, as it sees itself.
async fn own(by: &Session, case: &str) -> (Value, Value) {
    let seen = by.get_case(case).await.unwrap();
    let me = seen.list("/parties").unwrap().iter().find(|party| party["is_me"] == true).unwrap().clone();
    (me["service_agreed_at"].clone(), seen["services"].clone())
}

async fn final_document(by: &Session, case: &str) -> String {
    by.get_case(case).await.unwrap().text("/determination/document_sha256").unwrap().to_owned()
}

async fn served(service: &TestService, case: &str, role: &str) -> bool {
    let role = role.parse().unwrap();
    service.stored(case).await.served_at(role).is_some()
}

on_both! {
    async fn who_agreed_is_served_by_opening_the_final_document_once(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        let decided = scene.decided(&officer).await;
        let (a, b, id) = (&scene.a, &scene.b, &scene.id);
        let document = decided["determination"]["document_sha256"].as_str().unwrap();
        // A agrees while it signs, B later or not at all.
        let code = a.signing_code(id, document).await.unwrap();
        let mut body = signature_body(document, &code, &drawing());
        body["agrees_to_service"] = json!(true);
        service.post(a, &scene.path("/determination/signature"), &body).await.ok();
        b.sign_determination(id, document).await.unwrap();
        assert!(!served(&service, id, "A").await, "the document before was not the final one");
        let (agreed, services) = own(a, id).await;
        assert!(agreed.is_string() && services == json!([]), "{agreed} {services}");

        let last = final_document(a, id).await;
        for _ in 0..2 {
            a.get_document(id).await.unwrap();
            b.get_document(id).await.unwrap();
        }
        let (_, services) = own(a, id).await;
        assert_eq!(services.as_array().unwrap().len(), 1, "{services}");
        let one = &services[0];
        assert_eq!((&one["role"], &one["manner"], &one["document_sha256"]), (&json!("A"), &json!("opened"), &json!(last)));
        let (agreed, services) = own(b, id).await;
        assert_eq!((agreed, services), (Value::Null, json!([])), "B has not agreed, and does not see A's");
        assert!(served(&service, id, "A").await && !served(&service, id, "B").await);

        b.agree_to_service(id).await.unwrap();
        b.agree_to_service(id).await.unwrap();
        assert!(!served(&service, id, "B").await, "what was opened before it agreed serves nothing");
        b.get_document(id).await.unwrap();
        assert!(served(&service, id, "B").await);
        let kinds = journal(a, id).await;
        let count = |kind: &str| kinds.iter().filter(|other| *other == kind).count();
        assert_eq!((count("service_agreed"), count("document_served"), count("document_opened")), (2, 2, 4), "{kinds:?}");
        assert_eq!(officer.get_case(id).await.unwrap().list("/services").unwrap().len(), 2, "staff see both");
        service.end().await;
    }

    async fn an_officer_notes_service_on_paper_or_its_refusal_and_only_of_the_final_document(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        let decided = scene.decided(&officer).await;
        let draft = decided["determination"]["document_sha256"].as_str().unwrap();
        let path = scene.path("/services");
        let note = |role: &str, document: &str, manner: &str| {
            json!({ "role": role, "document_sha256": document, "manner": manner })
        };
        service.post(&officer, &path, &note("A", draft, "paper")).await.refused(409, "wrong_stage");
        scene.a.sign_determination(&scene.id, draft).await.unwrap();
        scene.b.refuse_determination(&scene.id, "不同意", None).await.unwrap();
        let last = final_document(&scene.a, &scene.id).await;
        service.post(&officer, &path, &note("A", draft, "paper")).await.refused(409, "document_changed");
        service.post(&officer, &path, &note("C", &last, "paper")).await.refused(403, "not_a_party");
        service.post(&officer, &path, &note("A", &last, "opened")).await.refused(422, "invalid_value");
        let far = service.staff("officer-far").await;
        service.post(&far, &path, &note("A", &last, "paper")).await.refused(403, "forbidden");
        service.post(&scene.a, &path, &note("A", &last, "paper")).await.refused(403, "forbidden");
        service.post(&officer, &path, &note("A", &last, "paper")).await.ok();
        let case = service.post(&officer, &path, &note("B", &last, "refused_to_receive")).await.ok();
        assert_eq!(case["services"].as_array().unwrap().len(), 2);
        service.post(&officer, &path, &note("B", &last, "paper")).await.refused(409, "already_served");
        assert!(served(&service, &scene.id, "A").await && served(&service, &scene.id, "B").await);
        let (_, services) = own(&scene.b, &scene.id).await;
        assert_eq!(services[0]["manner"], "refused_to_receive");
        service.end().await;
    }

    async fn a_final_document_is_announced_to_everybody_with_a_phone_and_tells_nothing_of_anybody(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        scene.concluded(&officer).await;
        let announced = || {
            let texts = service.sandbox.sent_texts().into_iter();
            texts.filter(|sent| sent.text.contains("事故认定书已生成")).collect::<Vec<_>>()
        };
        until("both were told", async || announced().len() == 2).await;
        let mut to: Vec<_> = announced().iter().map(|sent| sent.to.clone()).collect();
        to.sort();
        assert_eq!(to, [ann().phone, ben().phone]);
        for sent in announced() {
            assert!(sent.text.contains(&scene.number) && sent.text.contains("http"), "{}", sent.text);
            for canary in ann().canaries().into_iter().chain(ben().canaries()) {
                assert!(!sent.text.contains(&canary), "{canary} in {}", sent.text);
            }
        }
        service.end().await;
    }
}
