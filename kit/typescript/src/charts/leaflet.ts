// Coverage by district as a layer of Leaflet 1.9:
//
//   const areas = await (await fetch(hub.address('/geo/districts.geojson'))).json();
//   const layer = coverageLayer(L, areas, 'coverageRate').addTo(map);
//   map.fitBounds(layer.getBounds());
import type * as Leaflet from 'leaflet';
import { colourOf, type CoverageGeoJson, type Measure, outlined, rateOf } from './measures.js';

type Properties = CoverageGeoJson['features'][number]['properties'];

/** Outlines in the colours of their class; the pop-up says the rate and how many are on the gap list. */
export function coverageLayer(L: typeof Leaflet, areas: CoverageGeoJson, measure: Measure): Leaflet.GeoJSON {
  return L.geoJSON({ type: 'FeatureCollection', features: outlined(areas) } as never, {
    attribution: areas.attribution,
    style: (feature) => ({ color: '#ffffff', weight: 1, fillOpacity: 0.85, fillColor: colourOf(rateOf(feature!.properties as Properties, measure)) }),
    onEachFeature(feature, layer) {
      const properties = feature.properties as Properties;
      const rate = rateOf(properties, measure);
      // As text, never as HTML: names come from registries.
      const told = document.createElement('span');
      told.textContent = `${properties.name} ${rate === null ? '–' : `${(rate * 100).toFixed(1)}%`} · ${properties['inGap'] ?? '–'}`;
      layer.bindPopup(told);
    },
  });
}
