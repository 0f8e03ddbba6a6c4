"""Mail and chat in: `fetch` takes it from the servers into Kafka, `parse` makes one `message.inbound` of each."""
