// what the pages of a search gave, as a test keeps them
import { something } from './elsewhere';

export const listResponseP1 = {
  hits: {
    total: { value: 2, relation: 'eq' },
    hits: [
      {
        _id: '31',
        _source: {
          complaint_id: '31', company: "LANTERN BANK, N.A.", date_received: '2021-11-05T12:00:00-05:00',
          complaint_what_happened: 'They said "no" and I don\'t know why, // nobody does', product: 'Mortgage', zip_code: undefined,
        },
        sort: [1636131600000, '31'],
      },
    ],
  },
  _meta: { break_points: { 2: 1e5 } },
};

export const listResponseP2 = {
  "hits": { "total": { "value": 2, "relation": "eq" }, "hits": [
    { "_id": "30", "_source": { "complaint_id": 30, "date_received": "2021-11-04", "complaint_what_happened": "" }, "sort": [1636045200000, "30"] } /* the last */
  ] },
};
