import { type Api, bill, payment, startApi } from './api-rig.js';

describe('The journal export of the API', () => {
  let api: Api;
  let account: string;
  let after: string;

  beforeAll(async () => {
    api = await startApi();
    ({ id: account } = await api.open());
    await api.post(`/accounts/${account}/bills`, bill('=B;1', '40.00'));
    after = String((await api.post(`/accounts/${account}/payments`, payment('50.00'))).body['position']);
  }, 120_000);
  afterAll(() => api.stop());

  const exported = async (query: string) => {
    const answer = await fetch(`${api.url}/journal/export?after=${after}&${query}`);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };

  it('is text for hledger and for ledger, with its position and the number of its entries in the head', async () => {
    const { headers, text } = await exported('format=hledger');
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="paybill.journal"');
    expect(BigInt(headers.get('journal-position')!)).toBeGreaterThanOrEqual(BigInt(after));
    expect(headers.get('journal-entries')).toBe('2');
    expect(text).toContain(`2026-01-01 * (%3DB%3B1) Bill issued\n`);
    expect(text).toContain(`Assets:Accounts Receivable:${account}  -40.00 USD = 0.00 USD\n`);
    expect((await exported('format=ledger')).text).toBe(text);
  });

  it('is CSV in which no bill number is a formula, and JSON Lines of the items of /journal', async () => {
    const csv = await exported('format=csv');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(csv.text.split('\r\n')[1]).toMatch(
      new RegExp(`^2026-01-01,1,${account},1,.*,bill-issued,'=B;1,,.*,40.00,USD$`),
    );
    const lines = (await exported('format=jsonl')).text.trimEnd().split('\n');
    const { body } = await api.get(`/journal?accountId=${account}`);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(body['items']);
  });

  it('is as of a position, a moment, a period and a range of accounts', async () => {
    const [first] = (await exported('format=jsonl')).text.split('\n');
    const { position, recordedAt } = JSON.parse(first!) as { position: string; recordedAt: string };
    expect((await exported(`format=jsonl&position=${position}`)).text).toBe(`${first}\n`);
    expect((await exported(`format=jsonl&recordedAt=${recordedAt}`)).text).toBe(`${first}\n`);
    expect((await exported('format=jsonl&to=2026-01-01')).text).toBe(`${first}\n`);
    expect((await exported('format=jsonl&to=2025-12-31')).text).toBe('');
    const from = await exported('format=jsonl&from=2026-01-02');
    expect(from.text).toContain('"kind":"opening-balances"');
    expect(from.headers.get('journal-entries')).toBe('1');
    expect((await exported(`format=csv&accountTo=${account.toUpperCase()}`)).text.split('\r\n')).toHaveLength(7);
    expect((await exported(`format=jsonl&accountFrom=ffffffff-ffff-ffff-ffff-ffffffffffff`)).text).toBe('');
  });

  it.each([
    ['', 'format'],
    ['format=pdf', 'format'],
    ['format=csv&from=yesterday', 'from'],
    ['format=csv&from=2026-02-01&to=2026-01-31', 'to'],
    ['format=csv&recordedAt=2026-13-01', 'recordedAt'],
    ['format=csv&position=-1', 'position'],
    ['format=csv&accountFrom=1', 'accountFrom'],
    [
      'format=csv&accountFrom=b0000000-0000-0000-0000-000000000000&accountTo=A0000000-0000-0000-0000-000000000000',
      'accountTo',
    ],
    ['format=csv&account=1', 'account'],
  ])('refuses ?%s and names the parameter', async (query, field) => {
    const { status, body } = await api.get(`/journal/export?${query}`);
    expect({ status, fields: body.errors?.map((error) => error.field) }).toEqual({ status: 400, fields: [field] });
  });

  it('asks to come again for a position that the read models have not reached', async () => {
    const { status, body } = await api.get('/journal/export?format=csv&position=9000000000000000000');
    expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'READ_MODEL_BEHIND' });
  });

  it('is described at /docs-json', async () => {
    const { body } = await api.get('/docs-json');
    const { get } = (
      body['paths'] as Record<
        string,
        { get: { parameters: { name: string }[]; responses: Record<string, { content: object }> } }
      >
    )['/journal/export']!;
    const names = get.parameters.map(({ name }) => name).sort();
    expect(names).toEqual(['accountFrom', 'accountTo', 'after', 'format', 'from', 'position', 'recordedAt', 'to']);
    expect(Object.keys(get.responses['200']!.content)).toEqual(['text/plain', 'text/csv', 'application/jsonl']);
  });
});
