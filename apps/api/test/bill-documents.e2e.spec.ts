import { canReadPdf, pdfPages } from '#testing/bill-documents';
import { type Api, bill, payment, startApi } from './api-rig.js';

(canReadPdf() ? describe : describe.skip)('The bill itself (CO2)', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  }, 60_000);
  afterAll(() => api.stop());

  const document = (id: string, billNumber: string) =>
    fetch(`${api.url}/accounts/${id}/bills/${encodeURIComponent(billNumber)}/document`);
  const pagesOf = async (answer: Response) => pdfPages(Buffer.from(await answer.arrayBuffer()));

  async function billed() {
    const { id, payBillNumber } = await api.open();
    await api.put(`/accounts/${id}/contact`, { name: 'Zoë Ångström' });
    await api.post(`/accounts/${id}/bills`, bill('A 1/é', '80.00'));
    await api.post(`/accounts/${id}/payments`, payment('30.00'));
    await api.post(`/accounts/${id}/bills`, { ...bill('A-2', '20.00'), issuedOn: '2026-02-01', dueOn: '2026-02-28' });
    return { id, payBillNumber };
  }

  it('is a PDF with the whole pay bill number, the customer’s name and what was due when it was issued', async () => {
    const { id, payBillNumber } = await billed();
    const answer = await document(id, 'A-2');
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': 'inline; filename="bill-A-2.pdf"',
      'cache-control': 'no-store',
    });
    const [page = ''] = await pagesOf(answer);
    expect(page).toContain(payBillNumber.replace(/^(.{4})(.{4})(.{4})(.{2})$/, '$1 $2 $3 $4'));
    expect(page).toContain('Zoë Ångström');
    expect(page).toMatch(/Previous balance .bill A 1.é of Jan 1, 2026. +\$80\.00/);
    expect(page).toMatch(/Amount due by February 28, 2026 +\$70\.00/);
    expect(page).toContain('$50.00 of the amount due is past due');
  });

  it('stays the same, byte for byte, whatever happens later, until all of it is reversed', async () => {
    const { id } = await billed();
    const answer = await document(id, 'A 1/é');
    expect(answer.headers.get('content-disposition')).toBe('inline; filename="bill-A_1__.pdf"');
    const first = Buffer.from(await answer.arrayBuffer());
    await api.post(`/accounts/${id}/payments`, payment('10.00'));
    expect(Buffer.from(await (await document(id, 'A 1/é')).arrayBuffer())).toEqual(first);
    const { body } = await api.post(`/accounts/${id}/bills/A-2/lines/internet/reversals`, {
      reason: 'billed-in-error',
    });
    expect(body).toMatchObject({ amount: { amount: '20.00' } });
    expect((await pagesOf(await document(id, 'A-2'))).join()).toContain('do not pay this bill');
  });

  it('is refused of a bill or an account that is not there', async () => {
    const { id } = await api.open();
    expect((await api.get(`/accounts/${id}/bills/B-9/document`)).body).toMatchObject({ code: 'BILL_UNKNOWN' });
    const nobody = '0ed954cc-2b3d-4599-81f8-84c49e0c8930';
    expect((await api.get(`/accounts/${nobody}/bills/B-9/document`)).body).toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
  });
});
