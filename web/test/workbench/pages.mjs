// Every page, and what stands there once it is ready.
export const pages = (city) => [
  { name: 'map', path: '/', ready: 'svg path[data-code]' },
  { name: 'district', path: `/?d=${city.district}&m=independent`, ready: '.ranked tr:nth-child(4)' },
  { name: 'measures', path: '/?view=table', ready: '.all-measures tbody tr' },
  { name: 'streets', path: `/?d=${city.district}&view=streets`, ready: '.street-grid li' },
  { name: 'gaps', path: '/gaps', ready: '.grid-row a' },
  { name: 'undecided', path: `/gaps?part=undecided&area=${city.district}&size=UNKNOWN`, ready: '.grid-row a' },
  { name: 'enterprise', path: `/e/${city.first}`, ready: '.matrix' },
  { name: 'possible', path: `/e/${city.possible}`, ready: '.possible button' },
  { name: 'review', path: '/review', ready: '.pair' },
  { name: 'sources', path: '/sources?registry=unions', ready: '.quality' },
  { name: 'targets', path: '/targets', ready: '.targets tbody input' },
  { name: 'bulletin', path: '/bulletin', ready: '.sheet svg path' },
  { name: 'partner', path: '/partner?registry=tax', ready: '.quality' },
  { name: 'administration', path: '/administration', ready: '.administration tbody tr' },
  { name: 'nowhere', path: '/e/EXXXXXXXXXXXX', ready: '.notice' },
];
