"""OR-Tools CP-SAT on the instances that bench-allocate wrote."""
import glob
import sys
import time

from ortools.sat.python import cp_model

print(f"{'instance':>10} {'value':>10} {'bound':>10} {'status':>10} {'ms':>9}   CP-SAT, 2 workers, at most {sys.argv[2]} s")
for path in sorted(glob.glob(f"{sys.argv[1]}/*x*.txt"), key=lambda p: int(p.rsplit("/", 1)[1].split("x")[0])):
    with open(path) as file:
        projects, sites, energy, land = map(int, file.readline().split())
        rows = [tuple(map(int, line.split())) for line in file]
    start = time.perf_counter()
    model = cp_model.CpModel()
    x = [model.new_bool_var(str(k)) for k in range(len(rows))]
    by_project, by_site = [[] for _ in range(projects)], [[] for _ in range(sites)]
    for k, (p, s, _, _, _) in enumerate(rows):
        by_project[p].append(x[k])
        by_site[s].append(x[k])
    for group in by_project + by_site:
        if len(group) > 1:
            model.add_at_most_one(group)
    model.add(sum(r[3] * x[k] for k, r in enumerate(rows)) <= energy)
    model.add(sum(r[4] * x[k] for k, r in enumerate(rows)) <= land)
    model.maximize(sum(r[2] * x[k] for k, r in enumerate(rows)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = float(sys.argv[2])
    status = solver.solve(model)
    took = (time.perf_counter() - start) * 1000
    name = path.rsplit("/", 1)[1][:-4]
    print(f"{name:>10} {int(solver.objective_value):>10} {int(solver.best_objective_bound):>10} {solver.status_name(status):>10} {took:>9.0f}")
