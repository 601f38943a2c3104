// A field tool that is not Mobuss, with nothing but Node: REST, nested JSON, and the id of what was made only in the
// header Location, under an empty 201.
//
//     node server.js         says "Fieldkit http://127.0.0.1:PORT" and listens there
//
//   POST  /api/v2/workorders               {workorder: {...}}          201, Location
//   POST  /api/v2/workorders/ID/notes      {note: {...}}               201, Location
//   PATCH /api/v2/workorders/ID            {visit: {...}} | {state}    204
//   GET   /api/v2/workorders?reference=R   {data: {items: [...]}}
//   GET   /api/v2/workorders/ID            {data: {...}}
//
// X-Api-Key is chave-do-fieldkit. It does not deduplicate. GET /_controle shows everything; PUT /_controle with
// {"call": "POST workorders", "fault": KIND, "count": N} breaks the next calls:
//
//   cut       does it, then cuts the connection
//   busy      does nothing, answers 503 with Retry-After: 1
'use strict';

const http = require('node:http');

const orders = [];
const faults = [];
const calls = [];
let cut = 0;

function read(req) {
  return new Promise((resolve, reject) => {
    const parts = [];
    req.on('data', (part) => parts.push(part));
    req.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    req.on('error', reject);
  });
}

function say(res, status, body, headers = {}) {
  const text = body === undefined ? '' : JSON.stringify(body);
  res.writeHead(status, { ...(text ? { 'content-type': 'application/json' } : {}), ...headers });
  res.end(text);
}

const problem = (res, status, code, message) => say(res, status, { error: { code, details: [{ message }] } });

// routes answer [status, body, headers], having done it.
const routes = [
  ['POST workorders', /^\/api\/v2\/workorders$/, (_, body) => {
    const w = body.workorder;
    if (!/^MOB-/.test(w.site.unit)) return [422, { error: { code: 'unknown_unit', details: [{ message: `Unidade ${w.site.unit} desconhecida` }] } }];
    const order = { id: `wo_${orders.length + 1}f`, state: 'open', resolution: null, notes: [], visits: [], ...w };
    orders.push(order);
    return [201, undefined, { location: `/api/v2/workorders/${order.id}?expand=none` }];
  }],
  ['POST notes', /^\/api\/v2\/workorders\/([^/]+)\/notes$/, (order, body) => {
    order.notes.push(body.note);
    return [201, undefined, { location: `/api/v2/workorders/${order.id}/notes/${order.notes.length}` }];
  }],
  ['PATCH workorders', /^\/api\/v2\/workorders\/([^/]+)$/, (order, body) => {
    if (body.visit) order.visits.push(body.visit);
    if (body.state) Object.assign(order, { state: body.state, resolution: body.resolution });
    return [204];
  }],
  ['GET workorders', /^\/api\/v2\/workorders$/, (_, __, query) =>
    [200, { data: { items: orders.filter((o) => o.reference === query.get('reference')) } }]],
  ['GET workorder', /^\/api\/v2\/workorders\/([^/]+)$/, (order) => [200, { data: order }]],
];

function control(req, res, text) {
  if (req.method === 'PUT') faults.push(JSON.parse(text));
  say(res, 200, { orders, faults, cut, calls });
}

async function handle(req, res) {
  const text = await read(req);
  const url = new URL(req.url, 'http://fieldkit');
  if (url.pathname === '/_controle') return control(req, res, text);
  if (req.headers['x-api-key'] !== 'chave-do-fieldkit') return problem(res, 401, 'who', 'Chave inválida');
  calls.push(`${req.method} ${req.url}`);
  for (const [name, pattern, act] of routes) {
    const at = pattern.exec(url.pathname);
    if (!at || !name.startsWith(`${req.method} `)) continue;
    const fault = faults.find((f) => f.call === name && f.count > 0);
    if (fault) fault.count--;
    if (fault?.fault === 'busy') return say(res, 503, undefined, { 'retry-after': '1' });
    const order = at[1] && orders.find((o) => o.id === decodeURIComponent(at[1]));
    if (at[1] && !order) return problem(res, 404, 'no_such_order', 'Ordem não encontrada');
    if (text && !(req.headers['content-type'] || '').startsWith('application/json')) return problem(res, 415, 'media', 'JSON, por favor');
    const [status, body, headers] = act(order, text ? JSON.parse(text) : undefined, url.searchParams);
    if (fault?.fault === 'cut') {
      cut++;
      return req.socket.destroy();
    }
    return say(res, status, body, headers);
  }
  return problem(res, 404, 'no_such_route', 'Rota desconhecida');
}

const server = http.createServer((req, res) => {
  handle(req, res).catch((err) => problem(res, 400, 'bad_request', String(err.message)));
});
server.listen(0, '127.0.0.1', () => console.log(`Fieldkit http://127.0.0.1:${server.address().port}`));
