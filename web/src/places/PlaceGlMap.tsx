import { Map as GlLibrary, NavigationControl, ScaleControl, setWorkerUrl, type ExpressionSpecification, type FilterSpecification, type GeoJSONSource, type StyleSpecification } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import 'maplibre-gl/dist/maplibre-gl.css';
import { useEffect, useRef } from 'react';
import { go } from '../app/address';
import { headers } from '../graph/client';
import type { UnionPlaceKind } from '../graph/generated/types';
import { cameraIn, keepCamera } from '../map/camera';
import { BoundaryNote } from '../map/glControls';
import { boundsOf, type Outline } from '../map/outlines';
import { MARKS, picture } from './Mark';

setWorkerUrl(workerUrl);

const FONTS = ['Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', 'sans-serif'];
const LAYERS = ['places', 'clusters'] as const;

interface Props {
  outlines: readonly Outline[];
  /** Whose the outlines are, and what they are not. */
  boundaries: string;
  /** Streets of the district, where their outlines are there. */
  streets: readonly Outline[];
  district: string;
  hidden: ReadonlySet<UnionPlaceKind>;
  /** What the tiles are narrowed by, as the list beside them: `kind=STATION&within=D110108`. */
  query: string;
  label: string;
  onDistrict: (code: string) => void;
  onReady: () => void;
}

/** Places of the federation from their own vector tiles: every one of them, whatever a list shows of them. */
export default function PlaceGlMap(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const map = useRef<GlLibrary | null>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    if (place.current === null) return;
    const made = new GlLibrary({
      container: place.current,
      style: styleOf(latest.current),
      ...where(latest.current),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      cooperativeGestures: true,
      maxZoom: 18,
      minZoom: 6,
      locale: { 'Map.Title': latest.current.label },
      transformRequest: (url) => ({ url, headers: headers() }),
    });
    made.touchZoomRotate.disableRotation();
    made.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    made.addControl(new ScaleControl({}), 'bottom-right');
    made.addControl(new BoundaryNote(latest.current.boundaries), 'bottom-right');
    made.on('load', () => {
      for (const [kind, mark] of Object.entries(MARKS)) made.addImage(`place-${kind}`, picture(mark), { pixelRatio: 2 });
      choose(made, latest.current);
      made.once('idle', () => latest.current.onReady());
    });
    made.on('moveend', (event) => {
      if (event.originalEvent === undefined) return;
      const { lng, lat } = made.getCenter();
      keepCamera({ center: [lng, lat], zoom: made.getZoom() });
    });
    made.on('click', (event) => {
      const [found] = made.queryRenderedFeatures(event.point, { layers: ['places'] });
      if (found !== undefined) return go(`/places/${encodeURIComponent(String(found.properties['code']))}`);
      const [group] = made.queryRenderedFeatures(event.point, { layers: ['clusters'] });
      if (group !== undefined) return void made.easeTo({ center: event.lngLat, zoom: made.getZoom() + 2, animate: !isCalm() }, { originalEvent: event.originalEvent });
      const [district] = made.queryRenderedFeatures(event.point, { layers: ['districts'] });
      const code = district?.properties['code'] as string | undefined;
      if (code !== undefined) latest.current.onDistrict(code === latest.current.district ? '' : code);
      return undefined;
    });
    for (const layer of [...LAYERS, 'districts']) {
      made.on('mousemove', layer, () => (made.getCanvas().style.cursor = 'pointer'));
      made.on('mouseleave', layer, () => (made.getCanvas().style.cursor = ''));
    }
    map.current = made;
    return () => {
      map.current = null;
      made.remove();
    };
    // Another question makes other tiles: the map is built once for each.
  }, [props.query, props.boundaries]);
  useEffect(() => {
    if (map.current?.getLayer('places') !== undefined) choose(map.current, latest.current);
  }, [[...props.hidden].join(), props.district, props.streets]);
  useEffect(() => {
    const to = where(latest.current);
    if ('center' in to) map.current?.jumpTo(to);
    else map.current?.fitBounds(to.bounds, { ...to.fitBoundsOptions, animate: !isCalm(), duration: 500 });
  }, [props.district]);
  return <div className="gl-map" ref={place} />;
}

const isCalm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** What the map shows: where a person moved it to, else the chosen district, else all. */
function where({ outlines, district }: Props) {
  const kept = cameraIn(location.href);
  if (kept !== null) return { center: [...kept.center] as [number, number], zoom: kept.zoom };
  const focus = outlines.filter((outline) => outline.id === district);
  return { bounds: boundsOf(focus.length > 0 ? focus : outlines) as [number, number, number, number], fitBoundsOptions: { padding: 20 } };
}

/** What is left out of the map, and which district is lit. */
function choose(map: GlLibrary, { hidden, district, streets }: Props): void {
  (map.getSource('streets') as GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features: featuresOf(streets) });
  const shown: FilterSpecification = ['!', ['in', ['get', 'kind'], ['literal', [...hidden]]]];
  for (const layer of LAYERS) map.setFilter(layer, shown);
  const lit: ExpressionSpecification = ['case', ['==', ['get', 'code'], district], '#ffffff', '#f1f3f5'];
  map.setPaintProperty('districts', 'fill-color', district === '' ? '#ffffff' : lit);
}

function featuresOf(outlines: readonly Outline[]) {
  return outlines.flatMap((outline) => (outline.geometry === null ? [] : [{ type: 'Feature' as const, geometry: outline.geometry, properties: { code: outline.id } }]));
}

function styleOf({ outlines, query }: Props): StyleSpecification {
  const names = outlines.flatMap((outline) => {
    const at = outline.properties.labelPoint;
    return at === null ? [] : [{ type: 'Feature' as const, geometry: { type: 'Point' as const, coordinates: [...at] }, properties: { name: outline.properties.name } }];
  });
  const icon: ExpressionSpecification = ['concat', 'place-', ['get', 'kind']];
  return {
    version: 8,
    sources: {
      districts: { type: 'geojson', data: { type: 'FeatureCollection', features: featuresOf(outlines) } },
      streets: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
      names: { type: 'geojson', data: { type: 'FeatureCollection', features: names } },
      places: { type: 'vector', tiles: [`${location.origin}/tiles/places/{z}/{x}/{y}.mvt?${query}`], minzoom: 0, maxzoom: 16 },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': '#eef1f4' } },
      { id: 'districts', type: 'fill', source: 'districts', paint: { 'fill-color': '#ffffff' } },
      { id: 'street-borders', type: 'line', source: 'streets', paint: { 'line-color': '#b9c2cc', 'line-width': 0.6 } },
      { id: 'borders', type: 'line', source: 'districts', paint: { 'line-color': '#8b96a5', 'line-width': 0.8 } },
      {
        id: 'clusters',
        type: 'symbol',
        source: 'places',
        'source-layer': 'clusters',
        layout: {
          'icon-image': icon,
          'icon-allow-overlap': true,
          'icon-ignore-placement': true,
          'text-field': ['to-string', ['get', 'count']],
          'text-font': FONTS,
          'text-size': 11,
          'text-anchor': 'left',
          'text-offset': [0.9, 0],
          'text-allow-overlap': true,
          'text-ignore-placement': true,
        },
        paint: { 'text-color': '#1c2330', 'text-halo-color': '#ffffff', 'text-halo-width': 1.6 },
      },
      {
        id: 'places',
        type: 'symbol',
        source: 'places',
        'source-layer': 'places',
        layout: {
          'icon-image': icon,
          'icon-allow-overlap': true,
          'icon-ignore-placement': true,
          'text-field': ['step', ['zoom'], '', 13, ['get', 'name']],
          'text-font': FONTS,
          'text-size': 11.5,
          'text-anchor': 'top',
          'text-offset': [0, 0.8],
          'text-optional': true,
        },
        paint: { 'text-color': '#1c2330', 'text-halo-color': '#ffffff', 'text-halo-width': 1.6 },
      },
      {
        id: 'names',
        type: 'symbol',
        source: 'names',
        layout: { 'text-field': ['get', 'name'], 'text-font': FONTS, 'text-size': 11.5, 'text-anchor': 'bottom', 'text-offset': [0, -1] },
        paint: { 'text-color': '#5a6372', 'text-halo-color': '#ffffff', 'text-halo-width': 1.6 },
      },
    ],
  };
}
