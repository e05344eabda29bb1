import { Map as GlLibrary, NavigationControl, ScaleControl, setWorkerUrl, type GeoJSONSource, type StyleSpecification } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import 'maplibre-gl/dist/maplibre-gl.css';
import { useEffect, useRef } from 'react';
import { go } from '../app/address';
import { useLanguage } from '../language/choice';
import { format } from '../language/format';
import { headers } from '../graph/client';
import { useWords } from '../language/words';
import { MARKS, picture } from '../places/Mark';
import type { Figure } from './figure';
import { classOf, type Classes, type Measure } from './measures';
import type { PlaceMark } from './placeMarks';
import { cameraIn, keepCamera } from './camera';
import { BoundaryNote } from './glControls';
import { boundsOf, type Outline } from './outlines';
import type { Streets } from './SvgMap';
import { mapWords } from './words';

setWorkerUrl(workerUrl);

const FONTS = ['Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', 'sans-serif'];
const GAP = '#b3124a';

interface Props {
  outlines: readonly Outline[];
  /** Whose the outlines are, and what they are not. */
  boundaries: string;
  streets: Streets | null;
  figures: ReadonlyMap<string, Figure>;
  measure: Measure;
  classes: Classes;
  selected: string | null;
  withPoints: boolean;
  places: readonly PlaceMark[];
  edition: number;
  onSelect: (code: string | null) => void;
  onReady: () => void;
}

/** The zoomable map: districts from their outlines, enterprises from vector tiles of the edition. */
export default function GlMap(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const map = useRef<GlLibrary | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const t = useWords(mapWords);
  const lang = useLanguage();

  useEffect(() => {
    if (place.current === null) return;
    const { outlines } = latest.current;
    const made = new GlLibrary({
      container: place.current,
      style: styleOf(latest.current),
      ...where(outlines, latest.current.selected),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxZoom: 18,
      minZoom: 6,
      locale: { 'Map.Title': t.mapLabel(t.measures[latest.current.measure.key]) },
      transformRequest: (url) => ({ url, headers: headers() }),
    });
    made.touchZoomRotate.disableRotation();
    made.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    made.addControl(new ScaleControl({}), 'bottom-right');
    made.addControl(new BoundaryNote(latest.current.boundaries), 'bottom-right');
    made.on('load', () => {
      made.addImage('hatch', hatch());
      for (const [kind, mark] of Object.entries(MARKS)) made.addImage(`place-${kind}`, picture(mark), { pixelRatio: 2 });
      paint(made, latest.current, lang, t.noData);
      made.once('idle', () => latest.current.onReady());
    });
    made.on('moveend', (event) => {
      // What the page moved to is chosen in the address already.
      if (event.originalEvent === undefined) return;
      const { lng, lat } = made.getCenter();
      keepCamera({ center: [lng, lat], zoom: made.getZoom() });
    });
    made.on('click', (event) => {
      const [place] = made.queryRenderedFeatures(event.point, { layers: ['places'] });
      if (place !== undefined) return go(`/places/${encodeURIComponent(String(place.properties['code']))}`);
      const [point] = made.queryRenderedFeatures(event.point, { layers: ['points'] });
      if (point !== undefined) return go(`/e/${String(point.properties['id'])}`);
      const [street] = made.queryRenderedFeatures(event.point, { layers: ['streets', 'streets-nodata'] });
      if (street !== undefined) {
        const [code, { streets }] = [String(street.properties['code']), latest.current];
        // Where there is no enterprise there is nothing to choose.
        return streets?.figures.has(code) === true ? streets.onSelect?.(code) : undefined;
      }
      const [district] = made.queryRenderedFeatures(event.point, { layers: ['districts', 'nodata'] });
      const code = district?.properties['code'] as string | undefined;
      if (code !== undefined) latest.current.onSelect(code === latest.current.selected ? null : code);
      return undefined;
    });
    for (const layer of ['places', 'points', 'streets', 'streets-nodata', 'districts', 'nodata']) {
      made.on('mousemove', layer, () => (made.getCanvas().style.cursor = 'pointer'));
      made.on('mouseleave', layer, () => (made.getCanvas().style.cursor = ''));
    }
    made.getCanvas().addEventListener('keydown', (event) => {
      if (event.key === 'Escape') latest.current.onSelect(null);
    });
    map.current = made;
    return () => {
      map.current = null;
      made.remove();
    };
    // A new edition, language or token makes new tiles: the map is built once for each.
  }, [props.edition, props.boundaries, lang]);

  useEffect(() => {
    if (map.current?.isStyleLoaded() === true || map.current?.getLayer('districts') !== undefined) {
      if (map.current !== null) paint(map.current, latest.current, lang, t.noData);
    }
  }, [props.outlines, props.streets, props.figures, props.measure, props.classes, props.selected, props.withPoints, props.places, lang]);

  useEffect(() => {
    const { outlines, selected } = latest.current;
    const to = where(outlines, selected);
    if ('center' in to) map.current?.jumpTo(to);
    else map.current?.fitBounds(to.bounds, { ...to.fitBoundsOptions, animate: !matchMedia('(prefers-reduced-motion: reduce)').matches, duration: 500 });
  }, [props.selected]);

  return <div className="gl-map" ref={place} />;
}

/** What the map shows: where a person moved it to, else the chosen district, else all. */
function where(outlines: readonly Outline[], selected: string | null) {
  const kept = cameraIn(location.href);
  if (kept !== null) return { center: [...kept.center] as [number, number], zoom: kept.zoom };
  const focus = outlines.filter((outline) => outline.id === selected);
  return { bounds: boundsOf(focus.length > 0 ? focus : outlines) as [number, number, number, number], fitBoundsOptions: { padding: padding() } };
}

/** Room for what lies on the map: the toolbar above, whose the boundaries are below, the legend on the left where there is space for both. */
function padding(): { top: number; right: number; bottom: number; left: number } {
  if (innerWidth <= 860) return { top: 16, right: 16, bottom: 52, left: 16 };
  return { top: 56, right: 56, bottom: 116, left: innerWidth >= 1200 ? 330 : 24 };
}

function styleOf(props: Props): StyleSpecification {
  const tiles = `${location.origin}/tiles/gap/{z}/{x}/{y}.mvt?edition=${props.edition}`;
  return {
    version: 8,
    sources: {
      districts: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
      streets: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
      names: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
      places: { type: 'vector', tiles: [`${location.origin}/tiles/places/{z}/{x}/{y}.mvt?edition=${props.edition}`], minzoom: 0, maxzoom: 16 },
      gap: { type: 'vector', tiles: [tiles], minzoom: 0, maxzoom: 16 },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': '#eef1f4' } },
      { id: 'districts', type: 'fill', source: 'districts', filter: ['has', 'colour'], paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': ['get', 'opacity'] } },
      { id: 'nodata', type: 'fill', source: 'districts', filter: ['!', ['has', 'colour']], paint: { 'fill-color': '#d8d8d4', 'fill-opacity': ['get', 'opacity'] } },
      { id: 'streets', type: 'fill', source: 'streets', filter: ['has', 'colour'], paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': ['get', 'opacity'] } },
      { id: 'streets-nodata', type: 'fill', source: 'streets', filter: ['!', ['has', 'colour']], paint: { 'fill-color': '#d8d8d4', 'fill-opacity': ['get', 'opacity'] } },
      { id: 'street-borders', type: 'line', source: 'streets', paint: { 'line-color': '#ffffff', 'line-width': 0.8 } },
      { id: 'selected-street', type: 'line', source: 'streets', filter: ['==', ['get', 'selected'], true], paint: { 'line-color': '#1c2330', 'line-width': 2 } },
      { id: 'borders', type: 'line', source: 'districts', paint: { 'line-color': '#ffffff', 'line-width': 1.2 } },
      { id: 'selected', type: 'line', source: 'districts', filter: ['==', ['get', 'selected'], true], paint: { 'line-color': '#1c2330', 'line-width': 2.5 } },
      {
        id: 'points',
        type: 'circle',
        source: 'gap',
        'source-layer': 'points',
        paint: { 'circle-radius': 5, 'circle-color': GAP, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 1.2 },
      },
      {
        id: 'clusters',
        type: 'circle',
        source: 'gap',
        'source-layer': 'clusters',
        paint: {
          'circle-radius': ['min', 22, ['+', 8, ['*', 0.7, ['sqrt', ['get', 'count']]]]],
          'circle-color': '#ffffff',
          'circle-stroke-color': GAP,
          'circle-stroke-width': 2,
        },
      },
      {
        id: 'counts',
        type: 'symbol',
        source: 'gap',
        'source-layer': 'clusters',
        layout: { 'text-field': ['to-string', ['get', 'count']], 'text-font': FONTS, 'text-size': 11, 'text-allow-overlap': true },
        paint: { 'text-color': GAP },
      },
      {
        id: 'places',
        type: 'symbol',
        source: 'places',
        'source-layer': 'places',
        layout: { visibility: 'none', 'icon-image': ['concat', 'place-', ['get', 'kind']], 'icon-allow-overlap': true, 'icon-ignore-placement': true },
      },
      {
        id: 'place-clusters',
        type: 'symbol',
        source: 'places',
        'source-layer': 'clusters',
        layout: {
          visibility: 'none',
          'icon-image': ['concat', 'place-', ['get', 'kind']],
          'icon-allow-overlap': true,
          'icon-ignore-placement': true,
          'text-field': ['to-string', ['get', 'count']],
          'text-font': FONTS,
          'text-size': 11,
          'text-anchor': 'left',
          'text-offset': [0.9, 0],
          'text-allow-overlap': true,
        },
        paint: { 'text-color': '#1c2330', 'text-halo-color': '#ffffff', 'text-halo-width': 1.6 },
      },
      {
        id: 'names',
        type: 'symbol',
        source: 'names',
        layout: {
          'text-field': ['concat', ['get', 'name'], '\n', ['get', 'value']],
          'text-font': FONTS,
          'text-size': 13,
          'text-line-height': 1.2,
          'symbol-sort-key': ['get', 'order'],
        },
        paint: { 'text-color': '#1c2330', 'text-halo-color': '#ffffff', 'text-halo-width': 1.8 },
      },
    ],
  };
}

function paint(map: GlLibrary, props: Props, lang: 'zh' | 'en', noData: string): void {
  const t = format(lang);
  const { measure, classes, selected } = props;
  const parts = selected === null ? null : props.streets;
  const valueOf = (code: string): number | null => {
    const figure = parts?.figures.get(code) ?? props.figures.get(code);
    return figure === undefined ? null : measure.value(figure);
  };
  const filled = (outline: Outline, isSelected: boolean, opacity: number, colour: string | undefined) =>
    outline.geometry === null ? [] : [{ type: 'Feature' as const, geometry: outline.geometry, properties: { code: outline.id, selected: isSelected, opacity, ...(colour === undefined ? {} : { colour }) } }];
  const colourOf = (code: string): string | undefined => {
    const value = valueOf(code);
    return value === null ? undefined : (classes.colours[classOf(classes.breaks, value)] ?? '#d8d8d4');
  };
  const districts = props.outlines.flatMap((outline) => {
    const isSelected = outline.id === selected;
    // Streets are painted in the place of their district.
    return filled(outline, isSelected, selected === null || isSelected ? 1 : 0.22, isSelected && parts !== null ? '#ffffff' : colourOf(outline.id));
  });
  const streets = (parts?.outlines ?? []).flatMap((outline) => filled(outline, outline.id === parts?.selected, parts?.selected == null || parts.selected === outline.id ? 1 : 0.45, colourOf(outline.id)));
  const labelled = parts === null ? props.outlines : [...parts.outlines, ...props.outlines.filter((outline) => outline.id !== selected)];
  const names = labelled.flatMap((outline) => {
    if (outline.properties.labelPoint === null) return [];
    const value = valueOf(outline.id);
    const text = value === null ? noData : measure.kind === 'diverging' ? t.points(value).replace(/ .*/, '') : t.percent(value);
    const isFirst = outline.id === selected || parts?.figures.has(outline.id) === true;
    const order = isFirst ? -1e9 : -(props.figures.get(outline.id)?.row.inGap ?? 0);
    return [
      {
        type: 'Feature' as const,
        geometry: { type: 'Point' as const, coordinates: [...outline.properties.labelPoint] },
        properties: { name: outline.properties.name, value: text, order },
      },
    ];
  });
  for (const [source, features] of Object.entries({ districts, streets, names })) (map.getSource(source) as GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features });
  // The middle of a diverging scale is as pale as the ground: its borders are drawn darker.
  for (const layer of ['borders', 'street-borders']) map.setPaintProperty(layer, 'line-color', measure.kind === 'diverging' ? '#8b96a5' : '#ffffff');
  map.setPaintProperty('borders', 'line-width', measure.kind === 'diverging' ? 0.7 : 1.2);
  if (map.hasImage('hatch')) for (const layer of ['nodata', 'streets-nodata']) map.setPaintProperty(layer, 'fill-pattern', 'hatch');
  // Tiles of places are asked for by whoever may see them and wants to: a layer that is hidden asks for none.
  for (const layer of ['places', 'place-clusters']) map.setLayoutProperty(layer, 'visibility', props.places.length > 0 ? 'visible' : 'none');
  for (const layer of ['points', 'clusters', 'counts']) map.setLayoutProperty(layer, 'visibility', props.withPoints ? 'visible' : 'none');
  map.setLayoutProperty('names', 'text-offset', props.withPoints ? [0, 1.5] : [0, 0]);
  map.setLayoutProperty('names', 'text-anchor', props.withPoints ? 'top' : 'center');
}

/** Grey with strokes at 45°, as everywhere for what has no data. */
function hatch(): ImageData {
  const side = 16;
  const image = new ImageData(side, side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const isStroke = (x + y) % 8 < 2.4;
      image.data.set(isStroke ? [0x9a, 0x9a, 0x94, 255] : [0xd8, 0xd8, 0xd4, 255], (y * side + x) * 4);
    }
  }
  return image;
}
