//! Completes uploads in parts only where nothing has that name yet: the client library can ask for that, but
//! offers it for objects that are sent whole only.

use async_trait::async_trait;
use object_store::{
    ClientOptions, HeaderValue,
    client::{
        HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
    },
};

/// Makes clients that never overwrite.
#[derive(Debug)]
pub(super) struct CreateOnly;

impl HttpConnector for CreateOnly {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Conditional(ReqwestConnector::default().connect(options)?)))
    }
}

#[derive(Debug)]
struct Conditional(HttpClient);

#[async_trait]
impl HttpService for Conditional {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if completes_an_upload(&request) {
            request.headers_mut().insert("if-none-match", HeaderValue::from_static("*"));
        }
        self.0.execute(request).await
    }
}

/// The only POST that names an upload (CompleteMultipartUpload).
fn completes_an_upload(request: &HttpRequest) -> bool {
    let names_one = |query: &str| query.split('&').any(|part| part.starts_with("uploadId="));
    request.method() == "POST" && request.uri().query().is_some_and(names_one)
}
