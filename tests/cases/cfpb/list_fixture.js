export default [
  { complaint_id: '7', date_received: '2021-03-02', complaint_what_happened: `It said
nothing`, has_narrative: true, tags: null },
  { date_received: '2021-03-01' },
];
