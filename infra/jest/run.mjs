/** Before any test file: tells all of them, in whatever process they run, whose run they are part of. */
export default function () {
  process.env.PAYBILL_TEST_RUN = `${process.pid}`;
}
