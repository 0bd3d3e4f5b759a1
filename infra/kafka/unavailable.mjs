/** Kafka cannot run here for a reason that a person can mend: no Java, no Maven, no network, a port in use. */
export class KafkaUnavailable extends Error {
  name = 'KafkaUnavailable';
}
