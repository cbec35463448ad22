/* Draws each <figure class="chart"> from its page's own JSON. Names and numbers go in as data, never as HTML. */
"use strict";

const INK = ["#1f4e79", "#a4552e", "#2c6e57", "#7a4f8f", "#8a6d1a", "#5b6675", "#b03a5b", "#3c8c9b"];

for (const figure of document.querySelectorAll("figure.chart")) draw(figure);

async function draw(figure) {
    const page = await (await fetch(figure.dataset.json)).json();
    const names = JSON.parse(figure.dataset.names);
    const timed = page.curves.every(point => !isNaN(point.x));
    const values = page.curves.map(point => ({
        line: names[point.finding] || point.series,
        x: timed ? Number(point.x) / 24 : point.x, y: point.y, low: point.low, high: point.high, n: point.n,
    })).filter(point => point.y !== null && (!timed || point.x <= 60));
    const lines = [...new Set(values.map(point => point.line))];
    const x = timed
        ? {field: "x", type: "quantitative", title: "days after the review", axis: {values: [0, 1, 3, 7, 14, 30, 60], grid: false}}
        : {field: "x", type: "temporal", title: null, axis: {grid: false, format: "%b %Y", labelOverlap: true}};
    const color = {field: "line", type: "nominal", title: null, scale: {domain: lines, range: INK.slice(0, lines.length)}, legend: lines.length > 1 ? {orient: "bottom", columns: 3} : null};
    const shape = timed ? "step-after" : "linear";
    await vegaEmbed(figure.querySelector(".drawing"), {
        $schema: "https://vega.github.io/schema/vega-lite/v6.json",
        data: {values}, width: "container", height: 260,
        layer: [
            {mark: {type: "area", interpolate: shape, opacity: 0.13}, encoding: {x, y: {field: "low", type: "quantitative"}, y2: {field: "high"}, color}},
            {mark: {type: "line", interpolate: shape, strokeWidth: 2, point: !timed},
             encoding: {x, y: {field: "y", type: "quantitative", title: null, axis: {format: "%", tickCount: 5, domain: false}, scale: {zero: true}}, color}},
        ],
        config: {background: null, font: "inherit", view: {stroke: null}, axis: {labelColor: "#454f5c", titleColor: "#454f5c", gridColor: "#e3dfd6", labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal"},
                 legend: {labelFontSize: 13, labelLimit: 240, symbolType: "stroke", symbolStrokeWidth: 3}},
    }, {actions: false, renderer: "svg", ast: true, defaultStyle: false, tooltip: false});
    figure.classList.add("drawn");
}
