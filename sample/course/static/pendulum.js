// A pendulum that swings as one does, not as the formula for small swings says.
(function () {
  "use strict";
  var g = 9.81, scale = 190, pivot = { x: 320, y: 34 }, limit = 80 * Math.PI / 180;
  var root = document.getElementById("pendulum");
  var rod = root.querySelector(".rod"), bob = root.querySelector(".bob"), trace = root.querySelector(".trace");
  var svg = root.querySelector("svg"), pause = document.getElementById("pause");
  var length = document.getElementById("length"), angle = document.getElementById("angle");
  var L = 1, first = 20 * Math.PI / 180, theta = first, omega = 0, held = false;
  var running = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function acceleration(a) { return -g / L * Math.sin(a); }

  // One step of the classical Runge-Kutta method.
  function step(h) {
    var k1 = omega, a1 = acceleration(theta);
    var k2 = omega + h / 2 * a1, a2 = acceleration(theta + h / 2 * k1);
    var k3 = omega + h / 2 * a2, a3 = acceleration(theta + h / 2 * k2);
    var k4 = omega + h * a3, a4 = acceleration(theta + h * k3);
    theta += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    omega += h / 6 * (a1 + 2 * a2 + 2 * a3 + a4);
  }

  // The exact period, by the arithmetic-geometric mean.
  function period() {
    var a = 1, b = Math.cos(first / 2);
    for (var i = 0; i < 8; i++) {
      var mean = (a + b) / 2;
      b = Math.sqrt(a * b);
      a = mean;
    }
    return 2 * Math.PI * Math.sqrt(L / g) / a;
  }

  function at(a) { return { x: pivot.x + scale * L * Math.sin(a), y: pivot.y + scale * L * Math.cos(a) }; }

  function draw() {
    var p = at(theta);
    rod.setAttribute("x2", p.x);
    rod.setAttribute("y2", p.y);
    bob.setAttribute("cx", p.x);
    bob.setAttribute("cy", p.y);
  }

  function describe() {
    var p = at(-Math.abs(first)), q = at(Math.abs(first)), r = scale * L;
    trace.setAttribute("d", "M" + p.x + " " + p.y + "A" + r + " " + r + " 0 0 0 " + q.x + " " + q.y);
    document.getElementById("length-out").textContent = L.toFixed(2) + " m";
    document.getElementById("angle-out").textContent = Math.round(Math.abs(first) * 180 / Math.PI) + "°";
    document.getElementById("period").textContent = period().toFixed(2) + " s";
    document.getElementById("small-angle").textContent = "(small swings: " + (2 * Math.PI * Math.sqrt(L / g)).toFixed(2) + " s)";
  }

  function restart() {
    L = Number(length.value);
    first = Number(angle.value) * Math.PI / 180;
    theta = first;
    omega = 0;
    describe();
    draw();
  }

  function label() {
    pause.textContent = running ? "Pause" : "Swing";
  }

  var last = 0;
  function frame(now) {
    // A tab that slept must not be caught up with.
    var dt = Math.min((now - last) / 1000, 0.05);
    last = now;
    if (running && !held) {
      for (var i = 0; i < 10; i++) step(dt / 10);
      draw();
    }
    requestAnimationFrame(frame);
  }

  function pull(e) {
    var box = svg.getBoundingClientRect();
    var x = (e.clientX - box.left) * 640 / box.width - pivot.x, y = (e.clientY - box.top) * 360 / box.height - pivot.y;
    first = Math.max(-limit, Math.min(limit, Math.atan2(x, Math.max(y, 1))));
    theta = first;
    omega = 0;
    angle.value = Math.round(Math.abs(first) * 180 / Math.PI);
    describe();
    draw();
  }

  bob.addEventListener("pointerdown", function (e) {
    held = true;
    bob.classList.add("held");
    bob.setPointerCapture(e.pointerId);
    e.preventDefault();
  });
  bob.addEventListener("pointermove", function (e) { if (held) pull(e); });
  ["pointerup", "pointercancel"].forEach(function (kind) {
    bob.addEventListener(kind, function () {
      held = false;
      bob.classList.remove("held");
    });
  });
  length.addEventListener("input", restart);
  angle.addEventListener("input", restart);
  pause.addEventListener("click", function () {
    running = !running;
    label();
  });
  label();
  restart();
  requestAnimationFrame(frame);
})();
