# Kiểm tra trước khi tiếp nhận, hoàn tác, báo sai sót
gate-title = Kiểm tra trước khi tiếp nhận
gate-check-signature = Chữ ký số
gate-check-addressee = Đúng nơi nhận
gate-check-competence = Thuộc thẩm quyền
gate-check-attachments = Số tệp, số trang
gate-check-formats = Định dạng tệp
gate-check-malware = Mã độc
gate-check-agreement = Thông tin khớp với văn bản
gate-check-secrecy = Không có bí mật nhà nước

gate-outcome-passed = Đạt
gate-outcome-warned = Cần lưu ý
gate-outcome-failed = Không đạt

gate-why-by-hand = Không rõ: tệp được đưa vào bằng tay
gate-why-for-the-clerk = Văn thư tự xem xét
gate-why-nothing-stated = Không có thông tin kèm theo để đối chiếu
gate-why-no-scanner = Chưa quét: chưa cài đặt phần mềm quét
gate-why-no-reader = Chưa đọc được trang văn bản
gate-why-scanner-broken = Chưa quét được
gate-why-no-text = Không đọc được chữ trong tệp

gate-found-signature-none = Văn bản không có chữ ký số; chỉ để biết, tham khảo.
gate-found-signature-valid = Chữ ký của { $place } hợp lệ.
gate-found-signature-unsure = Chưa đủ cơ sở xác định chữ ký của { $place }: { $reason }
gate-found-signature-invalid = Chữ ký của { $place } không hợp lệ: { $reason }
gate-found-signature-changed = Văn bản đã bị thay đổi sau khi { $place } ký: { $reason }
gate-found-personal-missing = Thiếu chữ ký số của người có thẩm quyền.
gate-found-organisation-missing = Thiếu chữ ký số của cơ quan, tổ chức.
gate-found-addressed-to-us = Gửi đến cơ quan này, mã { $code }.
gate-found-addressed-to-others = Chỉ gửi đến: { $names }.
gate-found-answers-ours = Trả lời văn bản { $code } của cơ quan này.
gate-found-from-superior = Do cơ quan cấp trên gửi: { $name }.
gate-found-files-counted = Đã nhận { $count } tệp.
gate-found-annex-missing = Thiếu phụ lục «{ $name }».
gate-found-file-empty = Tệp «{ $place }» không có nội dung.
gate-found-pages-differ = Gói tin ghi { $stated } trang, văn bản có { $counted } trang.
gate-found-pages-counted = Văn bản có { $count } trang.
gate-found-format-forbidden = Tệp «{ $name }» không thuộc định dạng được phép.
gate-found-format-mismatch = Nội dung tệp «{ $name }» không đúng với đuôi tệp.
gate-found-scan-clean = Không phát hiện mã độc ({ $by }).
gate-found-scan-broken = { $by }: { $problem }
gate-found-malware-found = Tệp «{ $place }» có mã độc { $name } ({ $by }).
gate-found-field-same = { $place }: khớp.
gate-found-field-alike = { $place }: gần khớp, gói tin ghi «{ $stated }», { $page ->
        [0] trên văn bản là
       *[other] trên trang { $page } là
    } «{ $read }».
gate-found-field-unstated = { $place }: gói tin không ghi, trên trang là «{ $read }».
gate-found-field-not-found = { $place }: gói tin ghi «{ $stated }», không thấy trên văn bản.
gate-found-field-differs = { $place }: gói tin ghi «{ $stated }», { $page ->
        [0] trên văn bản là
       *[other] trên trang { $page } là
    } «{ $read }».
gate-found-secret = Có dấu độ mật «{ $mark }».

gate-legal-time-time-stamp = dấu thời gian
gate-legal-time-claimed = giờ máy người ký
gate-legal-time-unknown = không rõ giờ ký

history-gated = { $failed ->
        [0] Đã kiểm tra trước khi tiếp nhận: không có gì cản trở
       *[other] Đã kiểm tra trước khi tiếp nhận: { $failed } mục không đạt
    }
history-judged = Đã xem xét «{ $check }». { $note }
history-undone = Hoàn tác: từ «{ $from }» về «{ $to }»
history-withdrawn = Rút lại nội dung đang chờ, chưa gửi đi
history-given-up = Không gửi được, bỏ gửi: { $reason }
history-error-sender = Báo sai sót cho nơi gửi: { $words }
history-error-user = Báo sai sót cho { $user }: { $words }
history-error-seen = Đã đọc thông báo sai sót

scanner-unreachable = Không kết nối được với phần mềm quét mã độc.
    .kept = Tệp được giữ lại và ghi rõ là chưa quét.
    .next = Hãy kiểm tra phần mềm quét đang chạy và địa chỉ đã cài đặt (vanthuctl config scanner), rồi kiểm tra lại văn bản.
scanner-no-verdict = Phần mềm quét mã độc không trả lời được cho tệp này.
    .kept = Tệp được giữ lại và ghi rõ là chưa quét.
    .next = Hãy kiểm tra giới hạn dung lượng của phần mềm quét, rồi kiểm tra lại văn bản.
scanner-absent = Máy tính này không có phần mềm quét mã độc đã chọn.
    .kept = Tệp được giữ lại và ghi rõ là chưa quét.
    .next = Hãy chọn phần mềm quét khác (vanthuctl config scanner).
scanner-bad-setting = Không hiểu cài đặt «{ $setting }» của phần mềm quét.
    .kept = Cài đặt cũ được giữ nguyên.
    .next = Hãy ghi clamd:MÁY:CỔNG, unix:ĐƯỜNG-DẪN, defender hoặc none.

office-malware = Tệp «{ $file }» có mã độc { $malware }, không được đưa vào hệ thống.
    .kept = Dữ liệu nhận được nằm trong khu cách ly và không mở được.
    .next = Hãy báo cho nơi gửi và người quản trị máy tính.
office-malware-kept = Tệp «{ $file }» có mã độc ({ $malware }) nên không mở và không lấy ra được.
    .kept = Dữ liệu vẫn được giữ để làm bằng chứng.
    .next = Hãy trả lại văn bản và báo cho người quản trị máy tính.
office-gate-reason = Có mục kiểm tra không đạt: { $checks }. Cần nêu lý do mới tiếp nhận được.
    .kept = Văn bản vẫn ở trạng thái chờ tiếp nhận.
    .next = Hãy xem kết quả kiểm tra, rồi nêu lý do tiếp nhận hoặc trả lại văn bản.
office-gate-closed = Không được tiếp nhận văn bản này vì: { $checks }.
    .kept = Văn bản vẫn ở trạng thái chờ tiếp nhận.
    .next = Hãy trả lại văn bản cho nơi gửi, kèm lý do.
office-undo-nothing = Không có việc gì để hoàn tác với văn bản này.
    .kept = Văn bản giữ nguyên trạng thái.
    .next = Hãy làm bước tiếp theo theo đúng quy trình.
office-undo-not-yours = Việc này do { $user } quyết định, chỉ người đó hoàn tác được.
    .kept = Văn bản giữ nguyên trạng thái.
    .next = Hãy trao đổi với người đã quyết định.
office-undo-too-late = Đã quá { $minutes } phút, không hoàn tác được nữa.
    .kept = Văn bản giữ nguyên trạng thái.
    .next = Hãy làm bước tiếp theo, hoặc liên hệ nơi gửi nếu có nhầm lẫn.
office-undo-status-left = Trạng thái đã gửi (hoặc đang gửi) cho nơi gửi văn bản, không hoàn tác được nữa.
    .kept = Văn bản giữ nguyên trạng thái mà nơi gửi đã biết.
    .next = Hãy liên hệ nơi gửi nếu có nhầm lẫn.
office-undo-number-taken = Văn bản đã có số đến. Số đến đã cấp không được lấy lại, vì sổ đăng ký phải liên tục.
    .kept = Văn bản và số đến giữ nguyên.
    .next = Nếu đăng ký nhầm, hãy ghi rõ vào sổ theo quy định.
office-undo-seen = Người được phân công đã mở văn bản, không hoàn tác được nữa.
    .kept = Phân công giữ nguyên.
    .next = Hãy trao đổi với người đó, hoặc phân công lại cho người khác.
office-many-cancelled = Đã dừng trước khi đến lượt văn bản này.
    .kept = Văn bản giữ nguyên trạng thái.
    .next = Hãy làm tiếp khi cần.
office-nobody-to-tell = Văn bản này không đến qua trục liên thông nên không có nơi gửi nào để báo.
    .kept = Không có gì thay đổi.
    .next = Hãy báo cho người có trách nhiệm trong cơ quan.
office-no-such-report = Không có thông báo sai sót { $id } nào gửi cho bạn.
    .kept = Không có gì thay đổi.
    .next = Hãy tải lại danh sách.

desk-key-unacknowledged = Văn bản chưa tiếp nhận hôm nay
desk-key-undo = Hoàn tác việc vừa làm
desk-key-mark = Đánh dấu dòng đang chọn
desk-key-mark-all = Đánh dấu tất cả các dòng đang hiện
desk-undo = Hoàn tác
desk-doing-undo = Đang hoàn tác…
desk-done-undo = Đã hoàn tác, văn bản trở về «{ $state }».
desk-doing-report-error = Đang báo sai sót…
desk-done-report-error = Đã báo sai sót.
desk-marked = Đã đánh dấu { $count } văn bản
desk-marks-clear = Bỏ đánh dấu (Esc)
desk-many = Làm một lần cho nhiều văn bản
desk-many-accept = Tiếp nhận { $count } văn bản sau đây?
desk-many-register = Đăng ký số đến cho { $count } văn bản sau đây, theo thứ tự đến?
desk-many-number = Số đến { $number }
desk-many-done = Đã xong
desk-many-ended = Đã xong { $done } trên { $total } văn bản
desk-gate-never = Văn bản này chưa được kiểm tra trước khi tiếp nhận.
desk-gate-open = Không có gì cản trở việc tiếp nhận.
desk-gate-with-reason = Muốn tiếp nhận phải nêu lý do.
desk-gate-closed = Không được tiếp nhận.
desk-gate-file-pages = { $name }: { $pages } trang
desk-gate-file = { $name }
desk-gate-again = Kiểm tra lại
desk-gate-looking = Đang kiểm tra lại…
desk-gate-judge = Thuộc thẩm quyền, tôi đã xem xét
desk-gate-judged = { $user } đã xem xét, { $time }
desk-gate-through-system = Được gửi, nhận qua hệ thống quản lý văn bản.
desk-gate-not-through-system = Không được gửi, nhận qua hệ thống quản lý văn bản.
desk-gate-legal-article = Quyết định 28/2018/QĐ-TTg Điều 4; kiểm tra lúc { $time } ({ $checker })
desk-reason-accept-means = Có mục kiểm tra không đạt. Nếu vẫn tiếp nhận, lý do được ghi vào lịch sử văn bản; nơi gửi chỉ nhận trạng thái «đã tiếp nhận».
desk-reports = Sai sót đã báo
desk-report-error = Báo sai sót
desk-report-go = Báo sai sót
desk-report-words = Nội dung sai sót
desk-report-needed = Cần ghi sai sót là gì.
desk-report-to-sender = Nơi gửi văn bản
desk-report-by = { $by } báo cho { $to }, { $time }
desk-report-sender-means = Trục liên thông không có loại thông báo riêng cho sai sót: nội dung này được gửi kèm trạng thái hiện tại của văn bản. Nếu không nhận văn bản, hãy dùng «Trả lại».
desk-report-user-means = Người được báo sẽ thấy nội dung này khi mở phần mềm. Không có gì gửi ra ngoài cơ quan.
desk-report-nobody = Không có ai để báo.
desk-report-read = Đã đọc
desk-reported-to-you = { $by } báo sai sót: { $words }
desk-unacknowledged = Chưa tiếp nhận hôm nay
desk-unacknowledged-means = Nơi gửi phải được thông báo ngay trong ngày rằng văn bản đã được tiếp nhận hoặc bị trả lại. Chọn một dòng để mở.
desk-unacknowledged-none = Mọi văn bản đến đã được tiếp nhận hoặc trả lại.
desk-unacknowledged-late = Quá hạn { $due }
desk-unacknowledged-due = Hạn { $due }
desk-unacknowledged-from = { $sender }, đến lúc { $time }
desk-chip-unacknowledged = { $count } chưa tiếp nhận
desk-remind-title = Văn bản chờ tiếp nhận
desk-remind = Còn { $count } văn bản chưa tiếp nhận. Cơ quan sắp hết giờ làm việc; nhấn F4 để xem.
desk-notify-arrived-title = Văn bản mới
desk-notify-arrived = Có { $count } văn bản mới đến, chờ tiếp nhận.
office-quarantined = Gói tin của { $origin } không tiếp nhận được ({ $code }).
    .kept = Gói tin nằm trong khu cách ly.
    .next = Hãy xem lý do bằng lệnh: vanthuctl quarantine list.
