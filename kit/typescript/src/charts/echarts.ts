// Coverage by district as a map of Apache ECharts 6:
//
//   const areas = await (await fetch(hub.address('/geo/districts.geojson'))).json();
//   registerMap('districts', mapOf(areas));
//   chart.setOption(coverageOption('districts', areas, 'coverageRate', 'zh'));
import type { EChartsOption } from 'echarts';
import { breaks, colours, type CoverageGeoJson, type Measure, measureNames, noData, outlined, rateOf } from './measures.js';

/** The outlines as `echarts.registerMap` takes them; areas are matched by their code, which no two share. */
export function mapOf(areas: CoverageGeoJson): never {
  return { type: 'FeatureCollection', features: outlined(areas) } as never;
}

export function coverageOption(map: string, areas: CoverageGeoJson, measure: Measure, lang: 'zh' | 'en'): EChartsOption {
  const shown = outlined(areas);
  const names = new Map(shown.map(({ properties }) => [properties.code, properties.name]));
  const percent = (value: number) => `${(value * 100).toFixed(1)}%`;
  const word = lang === 'zh' ? { none: '无数据', edition: '第', of: '期' } : { none: 'no data', edition: 'edition', of: '' };
  return {
    title: { text: measureNames[measure][lang], subtext: `${word.edition} ${areas.edition.number} ${word.of} · ${areas.edition.asOf} · ${areas.attribution}`, left: 'center' },
    tooltip: {
      formatter: (hovered) => {
        const { name, value } = hovered as unknown as { name: string; value: number };
        return `${names.get(name) ?? name}: ${Number.isFinite(value) ? percent(value) : word.none}`;
      },
    },
    visualMap: {
      type: 'piecewise',
      left: 16,
      bottom: 16,
      pieces: colours.map((color, at) => ({
        ...(at > 0 ? { gte: breaks[at - 1]! } : {}),
        ...(at < breaks.length ? { lt: breaks[at]! } : {}),
        color,
        label: at === 0 ? `< ${percent(breaks[0]!)}` : `≥ ${percent(breaks[at - 1]!)}`,
      })),
      outOfRange: { color: noData },
    },
    series: [
      {
        type: 'map',
        map,
        nameProperty: 'code',
        itemStyle: { areaColor: noData, borderColor: '#ffffff' },
        label: { show: true, fontSize: 10, formatter: ({ name }) => names.get(name) ?? name },
        data: shown.map(({ properties }) => ({ name: properties.code, value: rateOf(properties, measure) ?? Number.NaN })),
      },
    ],
  };
}
