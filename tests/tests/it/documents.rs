//! The documents of a case: listed, read by their hash and in English, superseded and still readable; and whether one is
//! genuine, for anybody.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::on_both;
use tests::client::Session;

use crate::{
    people::{ann, ben, cat},
    scenes::{Scene, journal},
    support::{Reply, TestService, reply},
};

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

async fn document(service: &TestService, by: &Session, scene: &Scene, query: &str) -> Reply {
    service.get(by, &scene.path(&format!("/document{query}"))).await
}

async fn list(service: &TestService, by: &Session, scene: &Scene) -> Vec<Value> {
    service.get(by, &scene.path("/documents")).await.ok().as_array().unwrap().clone()
}

/// What a browser or a program gets for a document's code.
async fn verified(service: &TestService, accept: &str, code: &str, query: &str) -> Reply {
    let request = service.request(Method::GET, &format!("/documents/{code}{query}"));
    reply(request.header("accept", accept)).await
}

async fn code_of(service: &TestService, scene: &Scene) -> String {
    service.stored(&scene.id).await.determination().unwrap().verification.to_string()
}

on_both! {
    async fn a_superseded_document_comes_as_it_was_issued_and_says_what_took_its_place(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        scene.decided(&officer).await;
        let issued = list(&service, &scene.a, &scene).await;
        assert_eq!(issued.len(), 1);
        let draft = issued[0]["sha256"].as_str().unwrap().to_owned();
        assert_eq!((&issued[0]["kind"], &issued[0]["is_current"], &issued[0]["is_final"]), (&json!("determination"), &json!(true), &json!(false)));
        assert!(issued[0].get("superseded").is_none());
        scene.a.sign_determination(&scene.id, &draft).await.unwrap();
        scene.b.refuse_determination(&scene.id, "不同意", None).await.unwrap();

        for by in [&scene.a, &scene.b, &officer] {
            let issued = list(&service, by, &scene).await;
            let last = issued[1]["sha256"].as_str().unwrap();
            assert_eq!((&issued[0]["is_current"], &issued[1]["is_current"], &issued[1]["is_final"]), (&json!(false), &json!(true), &json!(true)));
            assert_eq!(issued[0]["superseded"]["by"], last);
            assert_eq!((&issued[0]["superseded"]["why"], &issued[0]["superseded"]["at"]), (&json!("completed"), &issued[1]["issued_at"]));
            assert_eq!(issued[0]["number"], issued[1]["number"]);

            let old = document(&service, by, &scene, &format!("?digest={draft}")).await;
            assert_eq!((old.status, hash(&old.bytes), old.header("x-document-sha256")), (200, draft.clone(), Some(draft.as_str())));
            assert_eq!((old.header("x-document-state"), old.header("x-superseded-by")), (Some("superseded"), Some(last)));
            for query in ["", "?kind=determination"] {
                let now = document(&service, by, &scene, query).await;
                assert_eq!((hash(&now.bytes), now.header("x-document-state")), (last.to_owned(), Some("current")));
                assert_eq!((now.header("content-language"), now.header("x-superseded-by")), (Some("zh-CN"), None));
            }
        }
        service.end().await;
    }

    async fn documents_are_for_the_parties_and_officers_of_the_case_only(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        document(&service, &scene.a, &scene, "").await.refused(404, "not_found");
        assert!(list(&service, &scene.a, &scene).await.is_empty());
        scene.decided(&officer).await;
        let stranger = service.driver(cat().openid).await;
        for path in ["/documents", "/document", "/document?language=en", "/document?kind=notice_of_rights"] {
            service.get(&stranger, &scene.path(path)).await.refused(404, "not_found");
        }
        for query in [format!("?digest={}", "0".repeat(64)), "?kind=certificate".to_owned()] {
            document(&service, &scene.a, &scene, &query).await.refused(404, "not_found");
        }
        for query in ["?digest=1", "?kind=receipt", "?language=fr", "?role=b", "?more=1"] {
            assert!([400, 422].contains(&document(&service, &scene.a, &scene, query).await.status), "{query}");
        }
        service.end().await;
    }

    async fn a_translation_is_made_of_any_document_and_counts_as_none(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        scene.concluded(&officer).await;
        let issued = list(&service, &scene.a, &scene).await;
        let opened = journal(&officer, &scene.id).await.iter().filter(|kind| *kind == "document_opened").count();
        for one in &issued {
            let of = one["sha256"].as_str().unwrap();
            let english = document(&service, &scene.a, &scene, &format!("?digest={of}&language=en")).await;
            assert_eq!((english.status, english.header("content-type")), (200, Some("application/pdf")));
            assert_eq!((english.header("content-language"), english.header("x-translation-of")), (Some("en"), Some(of)));
            assert_eq!(english.header("x-document-sha256"), None, "nobody signs a translation");
            assert!(english.bytes.starts_with(b"%PDF-") && hash(&english.bytes) != of);
            let again = document(&service, &officer, &scene, &format!("?digest={of}&language=en")).await;
            assert_eq!(hash(&again.bytes), hash(&english.bytes));
            let code = code_of(&service, &scene).await;
            let compared = verified(&service, "*/*", &code, &format!("?sha256={}", hash(&english.bytes))).await.ok();
            assert_eq!(compared["compared"], json!({ "is_genuine": false, "is_current": false }));
        }
        let after = journal(&officer, &scene.id).await.iter().filter(|kind| *kind == "document_opened").count();
        assert_eq!(opened, after, "a translation is not the document");
        assert_eq!(list(&service, &scene.a, &scene).await.len(), issued.len());
        service.end().await;
    }

    async fn each_party_gets_the_notice_of_its_own_rights(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        document(&service, &scene.a, &scene, "?kind=notice_of_rights").await.refused(404, "not_found");
        scene.decided(&officer).await;
        let of = async |by: &Session, query: &str| {
            let notice = document(&service, by, &scene, &format!("?kind=notice_of_rights{query}")).await;
            assert_eq!((notice.status, notice.header("x-document-sha256")), (200, None));
            hash(&notice.bytes)
        };
        let (a, b) = (of(&scene.a, "").await, of(&scene.b, "").await);
        assert_ne!(a, b);
        assert_eq!((of(&officer, "&role=A").await, of(&officer, "&role=B").await), (a.clone(), b.clone()));
        assert_eq!(of(&scene.a, "&role=B").await, a, "a party's own, whatever it asks for");
        assert_ne!(of(&scene.a, "&language=en").await, a);
        for query in ["", "&role=C"] {
            document(&service, &officer, &scene, &format!("?kind=notice_of_rights{query}")).await.refused(404, "not_found");
        }
        service.end().await;
    }

    async fn anybody_can_check_a_document_and_learns_nothing_personal(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        scene.concluded(&officer).await;
        let code = code_of(&service, &scene).await;
        let program = verified(&service, "application/json", &code, "").await;
        let shown = program.ok();
        assert_eq!((&shown["kind"], &shown["is_final"]), (&json!("determination"), &json!(true)));
        let issued = shown["documents"].as_array().unwrap();
        assert_eq!((&issued[0]["is_current"], &issued[0]["superseded"]["by"]), (&json!(false), &issued[1]["sha256"]));
        assert!(shown.get("compared").is_none());

        let page = verified(&service, "text/html,application/xhtml+xml,*/*;q=0.8", &code, "?from=singlemessage").await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert_eq!(page.header("x-robots-tag"), Some("noindex, nofollow"));
        assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'; style-src 'unsafe-inline'"));
        let text = page.text();
        for one in issued {
            assert!(text.contains(one["sha256"].as_str().unwrap()));
        }
        for words in [shown["number"].as_str().unwrap(), "现行有效", "In force", "已被后续版本替代", "sha256sum"] {
            assert!(text.contains(words), "{words}");
        }
        assert!(!text.contains("<script") && !text.contains("<form"));
        for canary in ann().canaries().into_iter().chain(ben().canaries()) {
            assert!(!text.contains(&canary) && !program.text().contains(&canary), "{canary}");
        }
        let wanting = verified(&service, "text/html", &"A".repeat(26), "").await;
        wanting.refused(404, "not_found");
        service.end().await;
    }

    async fn a_file_is_compared_by_its_hash_however_it_is_written(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        scene.concluded(&officer).await;
        let code = code_of(&service, &scene).await;
        let issued = list(&service, &scene.a, &scene).await;
        let said = async |hash: &str| {
            let json = verified(&service, "*/*", &code, &format!("?sha256={hash}")).await.ok()["compared"].clone();
            let page = verified(&service, "text/html", &code, &format!("?sha256={hash}")).await.text();
            (json["is_genuine"] == true, json["is_current"] == true, page.contains("该文件真实，现行有效"), page.contains("不一致"))
        };
        let [old, new] = [0, 1].map(|index: usize| issued[index]["sha256"].as_str().unwrap().to_owned());
        assert_eq!(said(&new).await, (true, true, true, false));
        assert_eq!(said(&format!("%20{}%0A", new.to_uppercase())).await, (true, true, true, false));
        assert_eq!(said(&old).await, (true, false, false, false));
        for other in ["0".repeat(64).as_str(), "", "%3Cscript%3E", "zz"] {
            assert_eq!(said(other).await, (false, false, false, true), "{other}");
        }
        service.end().await;
    }
}

#[tokio::test]
async fn a_document_without_a_kept_paper_is_translated_while_it_stands() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    scene.concluded(&officer).await;
    service.in_database("UPDATE document SET paper = NULL").await;
    let issued = list(&service, &scene.a, &scene).await;
    let english = |of: &Value| format!("?language=en&digest={}", of["sha256"].as_str().unwrap());
    document(&service, &scene.a, &scene, &english(&issued[0])).await.refused(404, "not_found");
    assert_eq!(document(&service, &scene.a, &scene, &english(&issued[1])).await.status, 200);
    service.end().await;
}
