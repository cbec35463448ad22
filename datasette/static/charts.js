/* Draws each <figure class="chart"> from its page's own JSON. Names and numbers go in as data, never as HTML. */
"use strict";

const INK = ["#1f4e79", "#a4552e", "#2c6e57", "#7a4f8f", "#8a6d1a", "#5b6675", "#b03a5b", "#3c8c9b"];

const DAYS = 30;

for (const figure of document.querySelectorAll("figure.chart")) draw(figure);

async function draw(figure) {
    const page = await (await fetch(figure.dataset.json)).json();
    const names = JSON.parse(figure.dataset.names);
    const across = figure.dataset.across, timed = !across && page.curves.every(point => !isNaN(point.x));
    const values = page.curves.filter(point => point.y !== null && (!timed || point.x <= 24 * DAYS)).map(point => {
        return {line: names[point.finding] || point.series, at: across ? Number(point.x) : timed ? Number(point.x) / 24 : point.x, y: point.y, low: point.low, high: point.high};
    });
    if (!values.length) return;
    const own = figure.dataset.own, lines = [...new Set(values.map(value => value.line))].sort((a, b) => (b === own) - (a === own));
    const x = across
        ? {field: "at", type: "quantitative", title: across, axis: {format: ".0%", grid: false}, scale: {zero: false}}
        : timed
        ? {field: "at", type: "quantitative", title: "days after the review", axis: {values: [0, 1, 3, 7, 14, 21, 30], grid: false}, scale: {domain: [0, DAYS]}}
        : {field: "at", type: "temporal", title: null, axis: {grid: false, format: "%b %Y", labelOverlap: true, tickCount: "month"}, scale: {type: "utc"}};
    const y = {field: "y", type: "quantitative", title: null, axis: {format: figure.dataset.unit === "share" ? ".0%" : ",.2~f", tickCount: 5, domain: false}, scale: {zero: true}};
    const color = {field: "line", type: "nominal", title: null, scale: {domain: lines, range: lines.map((line, i) => own && line !== own ? "#757d88" : INK[i % INK.length])},
                   legend: lines.length > 1 ? {orient: "top", columns: 2, columnPadding: 24} : null};
    const interpolate = timed ? "step-after" : "linear";
    await vegaEmbed(figure.querySelector(".drawing"), {
        $schema: "https://vega.github.io/schema/vega-lite/v6.json",
        width: "container", height: 260,
        data: {values},
        layer: [
            ...(!across && (lines.length > 2 || values.every(value => value.low === null)) ? [] : [{mark: {type: "area", interpolate, opacity: across ? 0.35 : 0.14}, encoding: {x, y: {...y, field: "low"}, y2: {field: "high"}, color}}]),
            ...(across ? [] : [{mark: {type: "line", interpolate, strokeWidth: 2, point: !timed}, encoding: {x, y, color}}]),       // a line through an area would read as a trend
        ],
        config: {background: null, font: getComputedStyle(figure).fontFamily, view: {stroke: null}, legend: {labelFontSize: 13, labelLimit: 260, symbolType: across ? "square" : "stroke", symbolStrokeWidth: 3, symbolOpacity: 1, labelColor: "#1d2530"},
                 axis: {labelColor: "#454f5c", titleColor: "#454f5c", gridColor: "#e3dfd6", tickColor: "#b9b4a8", labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal"}},
    }, {actions: false, renderer: "svg", ast: true, defaultStyle: false, tooltip: false});
}
