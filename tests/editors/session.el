;;; A user's session in Emacs with eglot: open a file, see the findings, apply a fix, see it go, hover.  -*- lexical-binding: t -*-
;;; What was seen goes to the file $SEEN, as JSON.  Run by tests/editors/test_emacs.py.

;; Debian's packages of Emacs Lisp lie here; -Q leaves them out.
(let ((default-directory "/usr/share/emacs/site-lisp/elpa-src/"))
  (when (file-directory-p default-directory)
    (normal-top-level-add-subdirs-to-load-path)))
(require 'eglot)
(require 'json)
(require 'python)

(defvar seen nil "What was seen, by name.")

(defun wait-for (holds)
  "Whether HOLDS is true within a minute."
  (let ((left 1200))
    (while (and (> left 0) (not (funcall holds)))
      (setq left (1- left))
      (accept-process-output nil 0.05))
    (> left 0)))

(defun diagnostics ()
  (vconcat
   (mapcar (lambda (found)
             `((line . ,(line-number-at-pos (flymake-diagnostic-beg found)))
               (message . ,(substring-no-properties (flymake-diagnostic-text found)))
               (severity . ,(symbol-name (flymake-diagnostic-type found)))))
           (sort (flymake-diagnostics)
                 (lambda (one other) (< (flymake-diagnostic-beg one) (flymake-diagnostic-beg other)))))))

(defun go-to (text)
  (goto-char (point-min))
  (search-forward text)
  (goto-char (match-beginning 0)))

(defun hover (text)
  "What eldoc is told at TEXT."
  (go-to text)
  (let (said)
    (eglot-hover-eldoc-function (lambda (string &rest _) (setq said (or string ""))))
    (wait-for (lambda () said))
    (substring-no-properties (or said ""))))

(load (getenv "SETTINGS"))
(setq eglot-sync-connect 60
      eglot-connect-timeout 60
      eglot-confirm-server-initiated-edits nil)
(find-file (getenv "PROGRAM"))
(apply #'eglot (eglot--guess-contact))
(flymake-mode 1)
(flymake-start)
(wait-for (lambda () (>= (length (flymake-diagnostics)) 2)))
(push `(opened . ,(diagnostics)) seen)

;; The quick fix, chosen as a user does: Emacs asks which action, and one is picked.
(defun pick (_prompt choices &rest _)
  (let ((titles (mapcar (lambda (choice) (if (consp choice) (car choice) choice)) choices)))
    (push `(actions . ,(vconcat titles)) seen)
    (or (seq-find (lambda (title) (string-prefix-p "Write `p=`" title)) titles) (car titles))))
(go-to "rate")
(let ((before (length (flymake-diagnostics)))
      (last-nonmenu-event t)
      (completing-read-function #'pick))
  (cl-letf (((symbol-function 'completing-read) #'pick))
    (eglot-code-actions (point) (point) nil t))
  (eglot--signal-textDocument/didChange)
  (wait-for (lambda () (< (length (flymake-diagnostics)) before))))
(push `(fixed . ,(diagnostics)) seen)
(push `(text . ,(buffer-substring-no-properties (point-min) (point-max))) seen)
(push `(hover_on_model . ,(hover "model(")) seen)
(push `(hover_on_dropout . ,(hover "Dropout(p=0.3)")) seen)
(push `(version . ,(format "Emacs %s" emacs-version)) seen)
(let ((coding-system-for-write 'utf-8))
  (write-region (json-encode seen) nil (getenv "SEEN")))
(set-buffer-modified-p nil)
(kill-emacs 0)
