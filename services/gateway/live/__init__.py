"""The live channel: Kafka records to websockets."""
