# Estimates of R on data sets that R packages ship and this repository does not: written as CSV and JSON into the folder named by the
# one argument, for tests/agree/test_live_r.py to hold panelkit's command line against. Debian packages: r-cran-plm,
# r-cran-clubsandwich, r-cran-aer, r-cran-lmtest, r-cran-jsonlite.
suppressMessages({library(plm); library(clubSandwich); library(AER); library(lmtest); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
options(digits = 17)

load_set <- function(name) { e <- new.env(); data(list = name, package = "plm", envir = e); get(name, envir = e) }
within_number <- function(id) ave(seq_along(id), id, FUN = seq_along)

sets <- list()
d <- load_set("RiceFarms")
sets$rice <- data.frame(unit = d$id, year = 1975 + within_number(d$id), y = log(d$goutput), a = log(d$seed), b = log(d$totlabor), c = log(d$size))
d <- load_set("Crime")
sets$crime <- data.frame(unit = d$county, year = 1900 + d$year, y = d$lcrmrte, a = d$lprbarr, b = d$lprbconv, c = d$lpolpc, z1 = d$lmix, z2 = d$ltaxpc)
d <- load_set("Cigar")
sets$cigar <- data.frame(unit = d$state, year = 1900 + d$year, y = log(d$sales), a = log(d$price / d$cpi), b = log(d$ndi / d$cpi), c = log(d$pimin / d$cpi))
d <- load_set("LaborSupply")
sets$labour <- data.frame(unit = d$id, year = d$year, y = d$lnhr, a = d$lnwg, b = d$kids, c = d$disab)
d <- load_set("Males")
d <- data.frame(unit = d$nr, year = d$year, y = d$wage, a = d$exper^2, b = as.numeric(d$union == "yes"), c = as.numeric(d$married == "yes"))
sets$males <- d[seq_len(nrow(d)) %% 7 != 3, ]                      # made unbalanced, with gaps
d <- load_set("SumHes")
sets$growth <- data.frame(unit = as.integer(factor(d$country)), year = d$year, y = log(d$gdp), a = log(d$pop), b = d$sr, c = d$sr^2 / 100)

tested <- function(h) list(statistic = unname(h$statistic), p = unname(h$p.value), df = unname(h$parameter))
attempt <- function(call) tryCatch(call, error = function(e) NULL)
table_of <- function(b, V) list(coef = as.list(b), se = as.list(setNames(sqrt(diag(V)), names(b))))

estimates <- function(d) {
  f <- y ~ a + b + c
  p <- pdata.frame(d, index = c("unit", "year"))
  pool <- plm(f, p, model = "pooling"); fe <- plm(f, p, model = "within"); two <- plm(f, p, model = "within", effect = "twoways")
  fd <- plm(f, p, model = "fd"); re <- plm(f, p, model = "random"); be <- plm(f, p, model = "between")
  out <- list()
  gaps <- !all(is.pconsecutive(p))                     # plm differences rows, panelkit years: the same where no year is left out
  for (m in c("pool", "fe", "two", "re", "be", if (!gaps) "fd")) out[[paste0(m, "_classical")]] <- table_of(coef(get(m)), vcov(get(m)))
  for (m in c("pool", "fe", "two")) {
    k <- get(m)
    for (type in c("HC0", "sss")) out[[paste0(m, "_cluster_", type)]] <- table_of(coef(k), vcovHC(k, type = type, cluster = "group"))
    out[[paste0(m, "_dk")]] <- table_of(coef(k), vcovSCC(k, type = "HC0"))
    out[[paste0(m, "_nw")]] <- table_of(coef(k), vcovNW(k, type = "HC0"))
    out[[paste0(m, "_double")]] <- table_of(coef(k), vcovDC(k, type = "HC0"))
  }
  out$re_cluster_HC0 <- table_of(coef(re), vcovHC(re, type = "HC0", cluster = "group"))
  for (m in c("pool", "fe")) for (type in c("CR0", "CR1", "CR2")) {
    V <- vcovCR(get(m), cluster = d$unit, type = type)
    t <- coef_test(get(m), vcov = V, test = "Satterthwaite")
    out[[paste0(m, "_", type)]] <- c(table_of(coef(get(m)), as.matrix(V)), list(df = as.list(setNames(t$df, names(coef(get(m)))))))
  }
  if (min(table(d$unit)) > 12) {
    for (m in c("mg", "dmg", "cmg")) { g <- pmg(f, p, model = m); out[[m]] <- table_of(coef(g)[c("a", "b", "c")], vcov(g)[c("a", "b", "c"), c("a", "b", "c")]) }
    q <- p; for (v in c("y", "a", "b", "c")) q[[v]] <- q[[v]] - mean(q[[v]])     # pcce loses digits on data far from zero
    g <- pcce(f, q, model = "p"); out$ccep <- table_of(coef(g), vcov(g))
  }
  tests <- list(
    hausman = tested(phtest(fe, re)), hausman_robust = attempt(tested(phtest(f, p, method = "aux", vcov = function(x) vcovHC(x, type = "HC0")))),
    poolability = attempt(tested(pooltest(f, p, model = "within"))), unit_effects = tested(pFtest(fe, pool)),
    breusch_pagan = attempt(tested(plmtest(pool, type = "bp"))), cd = tested(pcdtest(fe, test = "cd")),
    wooldridge_fe = if (!gaps) attempt(tested(pwartest(fe))))
  list(models = out, tests = tests)
}

results <- lapply(sets, estimates)
iv <- ivreg(y ~ a + b + c | b + z1 + z2 + I(z1 * z2), data = sets$crime)
results$crime$models$iv_classical <- table_of(coef(iv), vcov(iv))
results$crime$models$iv_HC0 <- table_of(coef(iv), sandwich::vcovHC(iv, type = "HC0"))
sets$crime$z3 <- sets$crime$z1 * sets$crime$z2
for (name in names(sets)) write.csv(format(sets[[name]], digits = 17, trim = TRUE), file.path(folder, paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
write(toJSON(results, auto_unbox = TRUE, digits = NA, null = "null"), file.path(folder, "results.json"))
cat("plm", as.character(packageVersion("plm")), "clubSandwich", as.character(packageVersion("clubSandwich")), "\n")
