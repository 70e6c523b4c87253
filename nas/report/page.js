"use strict";
(() => {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const front = document.getElementById("front");
  const convergence = document.getElementById("convergence");

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const figure = (value) => (value == null ? "-" : Number(value.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 12 }));
  const config = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] };

  function axis(title, values, log) {
    return {
      title: { text: escaped(title), font: { size: 13 }, standoff: 14 }, type: log ? "log" : "linear", automargin: true,
      gridcolor: color("--line"), zeroline: false, linecolor: color("--line"), tickcolor: color("--line"), ticks: "outside", ticklen: 4,
      ...(log ? ticks(values) : {}),
    };
  }
  function spread(values) {
    const some = values.filter((v) => v != null);
    return Math.min(...some) > 0 ? Math.max(...some) / Math.min(...some) : 0;
  }
  function ticks(values) {
    const steps = spread(values) > 1000 ? [1] : [1, 2, 5];
    const tickvals = [];
    for (let power = -9; power <= 15; power++) tickvals.push(...steps.map((step) => Number(`${step}e${power}`)));
    return { tickvals, ticktext: tickvals.map(figure) };
  }
  // Labels keep off the curve: below a front that rises, above one that falls.
  function side(value, values, rising) {
    const scaled = (v) => (spread(values) > 30 ? Math.log(v) : v);
    const [low, high] = [scaled(Math.min(...values)), scaled(Math.max(...values))];
    const place = high > low ? (scaled(value) - low) / (high - low) : 0.5;
    return place > 0.8 ? "top left" : rising ? "bottom right" : "top right";
  }
  function layout(extra) {
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 56, r: 16, t: 28, b: 48 },
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: color("--soft") },
      hoverlabel: { bgcolor: color("--card"), bordercolor: color("--line"), font: { color: color("--ink"), size: 13 }, align: "left" },
      showlegend: false, modebar: { bgcolor: "rgba(0,0,0,0)", color: color("--soft"), activecolor: color("--accent") }, ...extra,
    };
  }

  function stageColor(index) {
    const probe = Object.assign(document.createElement("i"), { className: `stage${index % 6}` });
    document.body.append(probe);
    const found = getComputedStyle(probe).getPropertyValue("--stage").trim();
    probe.remove();
    return found;
  }

  function hover(point, title) {
    const rows = facts.metrics.filter((m) => m.name in point.metrics).map((m) => `${escaped(m.name)}  <b>${figure(point.metrics[m.name])}</b>`);
    return [`<b>${escaped(title)}</b>`, ...(point.design ? [escaped(point.design)] : []), ...rows].join("<br>");
  }

  function drawFront(across, up) {
    const value = (name) => (point) => point.metrics[name] ?? null;
    const points = [...facts.points].sort((a, b) => value(across)(a) - value(across)(b));
    const xs = points.map(value(across));
    const log = spread(xs) > 30;
    const both = facts.metrics.filter((m) => m.objective);
    const plain = both.length === 2 && both.every((m) => m.name === across || m.name === up);
    const families = [...new Set(points.map((p) => p.family))].sort();
    const without = [...facts.without_gates].sort((a, b) => value(across)(a) - value(across)(b));
    const line = (ofPoints, dash) => ({
      x: ofPoints.map(value(across)), y: ofPoints.map(value(up)), mode: "lines", hoverinfo: "skip", showlegend: false,
      line: { color: color(dash === "solid" ? "--none" : "--soft"), width: 1.5, shape: "hv", dash },
    });
    Plotly.react(front, [
      ...(plain ? [line(points, "solid")] : []),
      ...(plain && without.length ? [{ ...line(without, "dot"), name: "without gate level", showlegend: true }] : []),
      ...families.map((family, i) => {
        const own = points.filter((p) => p.family === family);
        return {
          x: own.map(value(across)), y: own.map(value(up)), text: own.map((p) => hover(p, p.id)), hovertemplate: "%{text}<extra></extra>",
          name: escaped(family), mode: "markers",
          marker: { color: stageColor(i), symbol: ["circle", "square", "triangle-up", "cross"][i % 4], size: 8, opacity: 0.85, line: { color: color("--card"), width: 1 } },
        };
      }),
      {
        x: facts.winners.map(value(across)), y: facts.winners.map(value(up)), mode: "markers+text", textposition: facts.winners.map((w) => side(value(across)(w), xs, facts.metrics.some((m) => m.name === up && m.direction === "max"))), cliponaxis: false,
        text: facts.winners.map((w) => escaped(w.roles.join(", ").replaceAll("_", " "))), textfont: { color: color("--copper"), size: 13 },
        showlegend: false, hovertext: facts.winners.map((w) => hover(w, `${w.roles.join(", ").replaceAll("_", " ")} ${w.id}`)), hovertemplate: "%{hovertext}<extra></extra>",
        marker: { color: color("--copper"), size: 13, symbol: "diamond", line: { color: color("--card"), width: 1.5 } },
      },
    ], layout({
      xaxis: axis(across, xs, log), yaxis: axis(up, [], false), hovermode: "closest", showlegend: families.length > 1,
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { color: color("--ink") } },
    }), config);
  }

  function chosenAxes() {
    const cost = facts.metrics.filter((m) => m.objective);
    const up = cost.find((m) => m.direction === "max") ?? cost[0] ?? facts.metrics[0];
    const across = cost.find((m) => m !== up) ?? facts.metrics.find((m) => m !== up) ?? up;
    return [across.name, up.name];
  }

  function offerAxes(redraw) {
    const selects = [document.getElementById("across"), document.getElementById("up")];
    const shown = facts.metrics.filter((m) => facts.points.some((p) => m.name in p.metrics));
    chosenAxes().forEach((name, i) => {
      for (const metric of shown) selects[i].add(new Option(metric.name, metric.name, false, metric.name === name));
      selects[i].addEventListener("change", redraw);
    });
    document.getElementById("axes").hidden = shown.length < 3;
    return () => selects.map((select) => select.value);
  }

  function drawConvergence() {
    const course = facts.convergence;
    const series = [...Object.entries(course.best), ...(course.hypervolume.length ? [["hypervolume", course.hypervolume]] : [])];
    while (convergence.children.length < series.length) {
      convergence.appendChild(Object.assign(document.createElement("div"), { className: "chart" }));
    }
    series.forEach(([name, values], i) => {
      const hint = course.seconds.map((s) => `${figure(s)} s`);
      Plotly.react(convergence.children[i], [{
        x: course.evaluations, y: values, text: hint, mode: "lines", line: { color: color(name === "hypervolume" ? "--copper" : "--accent"), width: 2, shape: "hv" },
        hovertemplate: `%{x:,} evaluations, %{text}<br>${escaped(name)} <b>%{y:.4~g}</b><extra></extra>`,
      }], layout({
        title: { text: escaped(name), font: { size: 13, color: color("--ink") }, x: 0, xref: "paper", xanchor: "left", y: 0.97 },
        xaxis: { ...axis("", [], false), nticks: 5 }, yaxis: { ...axis("", spread(values.filter((v) => v != null)) > 30 ? values : [], spread(values) > 30), nticks: 5 }, hovermode: "x",
        margin: { l: 48, r: 12, t: 30, b: 30 },
      }), { ...config, displayModeBar: false });
    });
  }

  let axes = null;
  function draw() {
    if (front) {
      axes ??= offerAxes(draw);
      drawFront(...axes());
    }
    if (convergence) drawConvergence();
  }
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
