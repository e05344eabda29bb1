// The first map: the style says what is drawn and what its legend is; this page adds the legend, the choice of measure and language, and
// what a click tells. Its address holds the choice: ?measure=independentRate&lang=en
import { AttributionControl, Map, NavigationControl, Popup } from 'maplibre-gl';

const asked = new URLSearchParams(location.search);
const lang = asked.get('lang') === 'en' ? 'en' : 'zh';
document.documentElement.lang = lang;
const style = await (await fetch(`/map/style.json?lang=${lang}${asked.has('measure') ? `&measure=${asked.get('measure')}` : ''}`)).json();
const { measure, measures, legend } = style.metadata.huitu;

// One request for outlines, figures and label points: an area of several parts has one label.
const areas = await (await fetch(style.sources.districts.data)).json();
style.sources.districts.data = areas;
const labels = areas.features.filter((area) => area.properties.labelPoint && area.id);
style.sources.labels = { type: 'geojson', data: { type: 'FeatureCollection', features: labels.map((area) => ({ type: 'Feature', properties: area.properties, geometry: { type: 'Point', coordinates: area.properties.labelPoint } })) } };
style.layers.find((layer) => layer.id === 'district-label').source = 'labels';

// Fixed classes compare from day to day; where they would put every area into one, the classes are spread over the values and the legend says so.
const values = areas.features.map((area) => area.properties[measure]).filter((value) => typeof value === 'number');
const classOf = (value) => legend.breaks.filter((limit) => value >= limit).length;
const isSpread = values.length > 1 && new Set(values.map(classOf)).size < 2;
if (isSpread) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const step = Math.max(0.01, Math.ceil(((high - low) / legend.colours.length) * 100) / 100);
  legend.breaks = legend.breaks.map((_, at) => Math.round((Math.floor(low * 100) / 100 + step * (at + 1)) * 100) / 100);
  for (const id of ['district-fill', 'street-fill']) {
    const [first, ...rest] = legend.colours;
    style.layers.find((layer) => layer.id === id).paint['fill-color'] = ['step', ['get', measure], first, ...rest.flatMap((colour, at) => [legend.breaks[at], colour])];
  }
}

const room = innerWidth > 800 ? { left: 310, right: 60, top: 24, bottom: 40 } : 24;
/** The map, for who goes on from here. */
export const map = new Map({ container: 'map', style, bounds: areas.bbox, fitBoundsOptions: { padding: room }, attributionControl: false, dragRotate: false, maxZoom: 18 });
map.addControl(new NavigationControl({ showCompass: false }), 'top-right').addControl(new AttributionControl({ compact: false, customAttribution: areas.attribution }));
map.once('idle', () => (document.body.dataset.drawn = 'yes'));

/** An element with texts and elements inside; never HTML, as names come from registries. */
function make(tag, inside, more = {}) {
  const made = Object.assign(document.createElement(tag), more);
  made.append(...[inside].flat());
  return made;
}

const percent = (share) => `${Math.round(share * 1000) / 10}%`;
const swatch = (colour) => {
  const made = make('i', []);
  made.style.background = colour;
  return made;
};
const link = (parameters, text) => make('a', text, { href: `?${new URLSearchParams({ ...Object.fromEntries(asked), ...parameters })}` });
const classes = legend.colours.map((colour, at) => make('li', [swatch(colour), at === 0 ? `< ${percent(legend.breaks[0])}` : `≥ ${percent(legend.breaks[at - 1])}`]));
const [ground, stroke] = legend.noData.colours;
const panel = document.getElementById('legend');
panel.append(
  make('strong', measures[measure][lang]),
  make('div', isSpread ? { zh: '分级按本期数值', en: 'classes follow the values of this edition' }[lang] : '', { className: 'small' }),
  make('ol', [
    ...classes,
    make('li', [swatch(`repeating-linear-gradient(135deg, ${stroke} 0 2px, ${ground} 2px 6px)`), legend.noData[lang]]),
    make('li', [swatch(legend.point.colour), legend.point[lang]]),
  ]),
  make('nav', [lang === 'zh' ? link({ lang: 'en' }, 'English') : link({ lang: 'zh' }, '中文')]),
  make('nav', Object.entries(measures).filter(([key]) => key !== measure).map(([key, name]) => link({ measure: key }, name[lang])), { style: 'flex-direction: column' }),
);
panel.hidden = false;

const colon = lang === 'zh' ? '：' : ': ';
const rate = (p) => `${p.name}${colon}${percent(p[measure])} · ${legend.count[lang]}${colon}${p.inGap}`;
const told = {
  'district-fill': rate,
  'street-fill': rate,
  'district-hatch': (p) => `${p.name}${colon}${legend.noData[lang]}`,
  cluster: (p) => `${p.name ?? ''} ${legend.count[lang]}${colon}${p.count}`,
  point: (p) => p.name,
};
map.on('click', ({ point, lngLat }) => {
  const [found] = map.queryRenderedFeatures(point, { layers: Object.keys(told) });
  if (found) new Popup().setLngLat(lngLat).setText(told[found.layer.id](found.properties)).addTo(map);
});
