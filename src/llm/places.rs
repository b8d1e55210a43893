//! Places of documents that an answer was made from, where they tell of the server's own machine and stores.

use super::answer::{ChannelKind, ModelReading};

/// Fields that say where a document was found.
const WHERE: [&str; 9] = ["source", "file_path", "filepath", "path", "file", "filename", "uri", "url", "location"];
/// How places begin that only the server's own machine and stores have; lower case.
const PLACES: [&str; 16] = [
    "/srv/", "/var/", "/home/", "/opt/", "/app/", "/data/", "/mnt/", "/tmp/", "/usr/", "/etc/", "/users/", "file://",
    "s3://", "gs://", "\\\\", "abfss://",
];

/// The fields of found documents that tell a place on the server's machine or in its stores, positions left out. The
/// names are the target's own text.
pub fn places_of_documents(reading: &ModelReading) -> Vec<String> {
    let documents = reading.channels.iter().filter(|channel| channel.kind == ChannelKind::ToolResult);
    let mut told: Vec<String> = documents
        .filter(|channel| {
            let name = channel.path.rsplit('.').next().unwrap_or_default();
            let name = name.split('[').next().unwrap_or_default().to_ascii_lowercase();
            WHERE.contains(&name.as_str()) && is_place(&channel.text)
        })
        .map(|channel| channel.path.chars().filter(|letter| !letter.is_ascii_digit()).collect())
        .collect();
    told.sort();
    told.dedup();
    told
}

fn is_place(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let drive = text.get(1..3) == Some(":\\") && text.starts_with(|letter: char| letter.is_ascii_lowercase());
    drive || PLACES.iter().any(|place| text.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::Channel;

    #[test]
    fn places_on_the_server_are_told_from_addresses_for_everybody() {
        let reading = |text: &str| ModelReading {
            channels: vec![Channel {
                path: "source_documents[0].metadata.source".to_owned(),
                kind: ChannelKind::ToolResult,
                text: text.to_owned(),
            }],
            ..ModelReading::default()
        };

        for place in ["/srv/app/data/prices.pdf", "C:\\docs\\prices.pdf", "s3://shop-internal/prices.pdf"] {
            assert_eq!(places_of_documents(&reading(place)), ["source_documents[].metadata.source"], "{place}");
        }
        for place in ["https://shop.example/prices", "/help/prices", "prices.pdf"] {
            assert_eq!(places_of_documents(&reading(place)), [""; 0], "{place}");
        }
    }
}
